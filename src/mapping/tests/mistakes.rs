//! What is wrong in a mapping, all of it at once.

use super::*;

#[test]
fn every_mistake_of_a_file_is_reported_at_once() {
    let error = UserMapping::parse(
        "mapping.toml",
        r#"
tgas = ["x"]
country = "Germany"
[status]
open = "pendng"
[[fields]]
from = "x"
too = "y"
convert = "integr"
expr = "value|uper"
[[fields]]
to = "y"
expr = "valeu"
[[fields]]
table = "colours"
on_unmapped = "default"
[tables.colors]
red = { a = 1 }
[filters]
since = "yesterday"
chanels = ["sms"]
[subject]
template = "{{ record.subject "
[platform.zendeks.status.read]
hold = "open"
[platform.zendesk.status.read]
hold = "held"
"#,
    )
    .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Config);
    insta::assert_snapshot!(error, @r#"
    mapping.toml:2:1: unknown key `tgas`; did you mean `tags`?
    mapping.toml:3:11: `Germany` is no country; two capital letters, as `DE`
    mapping.toml:5:8: unknown status `pendng`; did you mean `pending`?
    mapping.toml:8:1: unknown key `too` in [[fields]]; did you mean `to`?
    mapping.toml:9:11: unknown `convert` `integr`; did you mean `integer`?
    mapping.toml:10:15: expr: unknown filter: filter uper is unknown
    mapping.toml:13:9: expr: unknown variable `valeu`; did you mean `value`?
    mapping.toml:14:1: `on_unmapped = "default"` needs a `default`
    mapping.toml:14:1: a rule needs `from` or `expr`
    mapping.toml:14:1: a rule without `from` needs `to`
    mapping.toml:15:9: unknown table `colours`; did you mean `colors`?
    mapping.toml:18:7: a value must be text, a number, true, false or a list
    mapping.toml:20:9: `yesterday` is no date; write 2019-06-25 or 2019-06-25T10:15:00Z
    mapping.toml:21:1: unknown key `chanels` in [filters]; did you mean `channels`?
    mapping.toml:23:23: template: syntax error: unexpected end of input, expected end of variable block
    mapping.toml:24:11: unknown platform `zendeks`; did you mean `zendesk`?
    mapping.toml:27:8: unknown status `held` for status.read.hold; known are new, open, pending, on_hold, solved, closed
    "#);
}

#[test]
fn every_end_that_leads_nowhere_is_reported_at_once() {
    let error = desks()
        .compile(
            r#"
[agents]
"bbo@example.com" = "ada@example.com"
"bob@example.com" = "adda@example.com"
[groups]
"Tier 1" = "Biling"
default = "Everybody"
[[fields]]
from = "Hue"
to = "Color"
table = { hue_rouge = "rde", hue_azur = "blue", Rouge = "red" }
[[fields]]
from = "Oder no"
to = "Order"
[[fields]]
from = "Order no"
to = "Order"
[[fields]]
from = "record.numbr"
to = "record.id"
[[fields]]
from = "Callback"
[[fields]]
to = "Phone"
expr = "fields.calback or record.numbr"
[constants]
Origin = "mvoed"
Orign = "moved"
[filters]
groups = ["Tier 2"]
"#,
        )
        .unwrap_err();
    insta::assert_snapshot!(error, @r#"
    mapping.toml:3:1: unknown agent `bbo@example.com` on the source; did you mean `bob@example.com`?
    mapping.toml:4:21: unknown agent `adda@example.com` on the target; did you mean `ada@example.com`?
    mapping.toml:6:12: unknown group `Biling` on the target; did you mean `Billing`?
    mapping.toml:7:11: unknown group `Everybody` on the target; known are Support, Billing
    mapping.toml:11:9: the table has no entry for choice `hue_azure` of source field `Hue`; add it, or set `default` or `on_unmapped = "skip"`
    mapping.toml:11:9: unknown choice `hue_azur` of source field `Hue`; did you mean `hue_azure`?
    mapping.toml:11:9: unknown choice `rde` of target field `Color`; did you mean `Red`?
    mapping.toml:11:9: unknown choice `rouge` of source field `Hue`; known are hue_rouge, hue_azure
    mapping.toml:13:8: unknown field `Oder no` of conversations on the source; did you mean `Order no`?
    mapping.toml:17:6: a value of type text does not fit into `Order`, which takes integer; use `convert`, `table` or `expr`
    mapping.toml:19:8: unknown field `numbr` in a conversation; did you mean `number`?
    mapping.toml:20:6: unknown field `id` that a rule can write in a conversation; known are tags, subject, status, priority, type, channel, recipient, external_id
    mapping.toml:22:8: no field of the target matches `Callback`; say which one with `to`
    mapping.toml:23:1: unknown field `calback` on the source, used in expr; did you mean `callback`?
    mapping.toml:23:1: unknown field `numbr` in a conversation, used in expr; did you mean `number`?
    mapping.toml:27:10: unknown choice `mvoed` of target field `Origin`; did you mean `Moved`?
    mapping.toml:28:1: unknown field `Orign` of conversations on the target; did you mean `Origin`?
    mapping.toml:30:11: unknown group `Tier 2` on the source; did you mean `Tier 1`?
    "#);
}
