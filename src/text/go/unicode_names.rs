//! The names of Unicode's categories and scripts that `\p{…}` accepts in Go 1.26 (Unicode 15.0.0), each sorted.
//!
//! Made by `go run tests/oracles/unicode_names/main.go`. A newer Go needs new tables.

/// The canonical name of each category, or of an alias of it, and the short name of the category.
#[rustfmt::skip]
pub(super) static CATEGORIES: [(&str, &str); 80] = [
    ("C", "C"), ("Casedletter", "LC"), ("Cc", "Cc"), ("Cf", "Cf"), ("Closepunctuation", "Pe"), ("Cn", "Cn"),
    ("Cntrl", "Cc"), ("Co", "Co"), ("Combiningmark", "M"), ("Connectorpunctuation", "Pc"), ("Control", "Cc"),
    ("Cs", "Cs"), ("Currencysymbol", "Sc"), ("Dashpunctuation", "Pd"), ("Decimalnumber", "Nd"), ("Digit", "Nd"),
    ("Enclosingmark", "Me"), ("Finalpunctuation", "Pf"), ("Format", "Cf"), ("Initialpunctuation", "Pi"), ("L", "L"),
    ("Lc", "LC"), ("Letter", "L"), ("Letternumber", "Nl"), ("Lineseparator", "Zl"), ("Ll", "Ll"), ("Lm", "Lm"),
    ("Lo", "Lo"), ("Lowercaseletter", "Ll"), ("Lt", "Lt"), ("Lu", "Lu"), ("M", "M"), ("Mark", "M"),
    ("Mathsymbol", "Sm"), ("Mc", "Mc"), ("Me", "Me"), ("Mn", "Mn"), ("Modifierletter", "Lm"), ("Modifiersymbol", "Sk"),
    ("N", "N"), ("Nd", "Nd"), ("Nl", "Nl"), ("No", "No"), ("Nonspacingmark", "Mn"), ("Number", "N"),
    ("Openpunctuation", "Ps"), ("Other", "C"), ("Otherletter", "Lo"), ("Othernumber", "No"), ("Otherpunctuation", "Po"),
    ("Othersymbol", "So"), ("P", "P"), ("Paragraphseparator", "Zp"), ("Pc", "Pc"), ("Pd", "Pd"), ("Pe", "Pe"),
    ("Pf", "Pf"), ("Pi", "Pi"), ("Po", "Po"), ("Privateuse", "Co"), ("Ps", "Ps"), ("Punct", "P"), ("Punctuation", "P"),
    ("S", "S"), ("Sc", "Sc"), ("Separator", "Z"), ("Sk", "Sk"), ("Sm", "Sm"), ("So", "So"), ("Spaceseparator", "Zs"),
    ("Spacingmark", "Mc"), ("Surrogate", "Cs"), ("Symbol", "S"), ("Titlecaseletter", "Lt"), ("Unassigned", "Cn"),
    ("Uppercaseletter", "Lu"), ("Z", "Z"), ("Zl", "Zl"), ("Zp", "Zp"), ("Zs", "Zs"),
];

/// The scripts, by their canonical names. Go refuses those with two words.
#[rustfmt::skip]
pub(super) static SCRIPTS: [&str; 117] = [
    "Adlam", "Ahom", "Arabic", "Armenian", "Avestan", "Balinese", "Bamum", "Batak", "Bengali", "Bhaiksuki", "Bopomofo",
    "Brahmi", "Braille", "Buginese", "Buhid", "Carian", "Chakma", "Cham", "Cherokee", "Chorasmian", "Common", "Coptic",
    "Cuneiform", "Cypriot", "Cyrillic", "Deseret", "Devanagari", "Dogra", "Duployan", "Elbasan", "Elymaic", "Ethiopic",
    "Georgian", "Glagolitic", "Gothic", "Grantha", "Greek", "Gujarati", "Gurmukhi", "Han", "Hangul", "Hanunoo",
    "Hatran", "Hebrew", "Hiragana", "Inherited", "Javanese", "Kaithi", "Kannada", "Katakana", "Kawi", "Kharoshthi",
    "Khmer", "Khojki", "Khudawadi", "Lao", "Latin", "Lepcha", "Limbu", "Lisu", "Lycian", "Lydian", "Mahajani",
    "Makasar", "Malayalam", "Mandaic", "Manichaean", "Marchen", "Medefaidrin", "Miao", "Modi", "Mongolian", "Mro",
    "Multani", "Myanmar", "Nabataean", "Nandinagari", "Newa", "Nko", "Nushu", "Ogham", "Oriya", "Osage", "Osmanya",
    "Palmyrene", "Phoenician", "Rejang", "Runic", "Samaritan", "Saurashtra", "Sharada", "Shavian", "Siddham", "Sinhala",
    "Sogdian", "Soyombo", "Sundanese", "Syriac", "Tagalog", "Tagbanwa", "Takri", "Tamil", "Tangsa", "Tangut", "Telugu",
    "Thaana", "Thai", "Tibetan", "Tifinagh", "Tirhuta", "Toto", "Ugaritic", "Vai", "Vithkuqi", "Wancho", "Yezidi", "Yi",
];
