//! Zendesk's own names of time zones: users are written with these, and read
//! with the tz database's beside them.

/// The tz database's name and Zendesk's, sorted by the first. Where Zendesk
/// has several names for a zone, one of them.
const ZONES: &[(&str, &str)] = &[
    ("Africa/Algiers", "West Central Africa"),
    ("Africa/Cairo", "Cairo"),
    ("Africa/Casablanca", "Casablanca"),
    ("Africa/Harare", "Harare"),
    ("Africa/Johannesburg", "Pretoria"),
    ("Africa/Monrovia", "Monrovia"),
    ("Africa/Nairobi", "Nairobi"),
    ("America/Bogota", "Bogota"),
    ("America/Caracas", "Caracas"),
    ("America/Chicago", "Central Time (US & Canada)"),
    ("America/Denver", "Mountain Time (US & Canada)"),
    ("America/Guatemala", "Central America"),
    ("America/Halifax", "Atlantic Time (Canada)"),
    ("America/La_Paz", "La Paz"),
    ("America/Lima", "Lima"),
    ("America/Los_Angeles", "Pacific Time (US & Canada)"),
    ("America/Mexico_City", "Mexico City"),
    ("America/Monterrey", "Monterrey"),
    ("America/New_York", "Eastern Time (US & Canada)"),
    ("America/Phoenix", "Arizona"),
    ("America/Regina", "Saskatchewan"),
    ("America/Santiago", "Santiago"),
    ("America/Sao_Paulo", "Brasilia"),
    ("America/St_Johns", "Newfoundland"),
    ("America/Tijuana", "Tijuana"),
    ("Asia/Baghdad", "Baghdad"),
    ("Asia/Baku", "Baku"),
    ("Asia/Bangkok", "Bangkok"),
    ("Asia/Colombo", "Sri Jayawardenepura"),
    ("Asia/Dhaka", "Dhaka"),
    ("Asia/Hong_Kong", "Hong Kong"),
    ("Asia/Jakarta", "Jakarta"),
    ("Asia/Jerusalem", "Jerusalem"),
    ("Asia/Kabul", "Kabul"),
    ("Asia/Karachi", "Karachi"),
    ("Asia/Kathmandu", "Kathmandu"),
    ("Asia/Kolkata", "New Delhi"),
    ("Asia/Kuala_Lumpur", "Kuala Lumpur"),
    ("Asia/Kuwait", "Kuwait"),
    ("Asia/Muscat", "Muscat"),
    ("Asia/Riyadh", "Riyadh"),
    ("Asia/Seoul", "Seoul"),
    ("Asia/Shanghai", "Beijing"),
    ("Asia/Singapore", "Singapore"),
    ("Asia/Taipei", "Taipei"),
    ("Asia/Tashkent", "Tashkent"),
    ("Asia/Tbilisi", "Tbilisi"),
    ("Asia/Tehran", "Tehran"),
    ("Asia/Tokyo", "Tokyo"),
    ("Asia/Vladivostok", "Vladivostok"),
    ("Asia/Yerevan", "Yerevan"),
    ("Atlantic/Azores", "Azores"),
    ("Australia/Adelaide", "Adelaide"),
    ("Australia/Brisbane", "Brisbane"),
    ("Australia/Darwin", "Darwin"),
    ("Australia/Hobart", "Hobart"),
    ("Australia/Melbourne", "Melbourne"),
    ("Australia/Perth", "Perth"),
    ("Australia/Sydney", "Sydney"),
    ("Etc/UTC", "UTC"),
    ("Europe/Amsterdam", "Amsterdam"),
    ("Europe/Athens", "Athens"),
    ("Europe/Belgrade", "Belgrade"),
    ("Europe/Berlin", "Berlin"),
    ("Europe/Bratislava", "Bratislava"),
    ("Europe/Brussels", "Brussels"),
    ("Europe/Bucharest", "Bucharest"),
    ("Europe/Budapest", "Budapest"),
    ("Europe/Copenhagen", "Copenhagen"),
    ("Europe/Dublin", "Dublin"),
    ("Europe/Helsinki", "Helsinki"),
    ("Europe/Istanbul", "Istanbul"),
    ("Europe/Lisbon", "Lisbon"),
    ("Europe/Ljubljana", "Ljubljana"),
    ("Europe/London", "London"),
    ("Europe/Madrid", "Madrid"),
    ("Europe/Moscow", "Moscow"),
    ("Europe/Paris", "Paris"),
    ("Europe/Prague", "Prague"),
    ("Europe/Riga", "Riga"),
    ("Europe/Rome", "Rome"),
    ("Europe/Sarajevo", "Sarajevo"),
    ("Europe/Skopje", "Skopje"),
    ("Europe/Sofia", "Sofia"),
    ("Europe/Stockholm", "Stockholm"),
    ("Europe/Tallinn", "Tallinn"),
    ("Europe/Vienna", "Vienna"),
    ("Europe/Vilnius", "Vilnius"),
    ("Europe/Warsaw", "Warsaw"),
    ("Europe/Zagreb", "Zagreb"),
    ("Pacific/Auckland", "Auckland"),
    ("Pacific/Fiji", "Fiji"),
    ("Pacific/Guam", "Guam"),
    ("Pacific/Honolulu", "Hawaii"),
    ("Pacific/Pago_Pago", "American Samoa"),
    ("UTC", "UTC"),
];

/// Zendesk's name of a zone, given either name.
pub fn own_name(zone: &str) -> Option<&'static str> {
    ZONES
        .iter()
        .find(|(known, own)| zone == *known || zone == *own)
        .map(|(_, own)| *own)
}

/// The tz database's name of a zone, given Zendesk's.
pub fn tz_name(own: &str) -> Option<&'static str> {
    ZONES
        .iter()
        .find(|(_, name)| own == *name)
        .map(|(known, _)| *known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_known_by_either_name() {
        assert_eq!(own_name("Europe/Berlin"), Some("Berlin"));
        assert_eq!(own_name("Berlin"), Some("Berlin"));
        assert_eq!(own_name("Mars/Olympus"), None);
        assert_eq!(tz_name("Berlin"), Some("Europe/Berlin"));
        assert!(ZONES.is_sorted_by(|(a, _), (b, _)| a < b));
    }
}
