pub struct Freshdesk;
