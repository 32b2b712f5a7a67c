#!/usr/bin/perl
# Prints an API token of a user: RT_SITE_CONFIG=… perl token.pl root
use strict;
use warnings;
use lib '/usr/share/request-tracker5/lib';
use RT;
RT::LoadConfig();
RT::Init();
my $user = RT::CurrentUser->new( RT->SystemUser );
$user->LoadByName( $ARGV[0] || 'root' );
die "no such user\n" unless $user->Id;
require RT::AuthToken;
my ( $id, $message, $token ) =
  RT::AuthToken->new($user)->Create( Owner => $user->Id, Description => 'deskferry tests' );
die "$message\n" unless $id;
print "$token\n";
