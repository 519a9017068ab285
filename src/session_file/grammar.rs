//! The keywords of session files, and their grammar.
//!
//! The parser, the printer and the man page use these keywords.

/// The keywords at the beginning of a statement.
pub const STATEMENTS: &[&str] = &[
    ">",
    "<",
    "url",
    "header",
    "subprotocol",
    "option",
    "within",
    "strict",
    "wait",
    "at",
    "capture",
    "check",
    "reconnect",
    "any",
    "on",
    "every",
    "ignore",
    "never",
    "repeat",
    "retry",
    "let",
    "default",
    "secret",
    "title",
    "tags",
    "open",
    "drop",
    "http",
    "include",
];

/// The statements with indented lines below them.
pub const BLOCKS: &[&str] = &["any", "on", "every", "repeat", "retry", "http"];

/// The keywords after `>`. Any other text is sent literally.
pub const SENT: &[&str] = &[
    "json", "hex", "base64", "file", "text", "ping", "pong", "close",
];

/// The keywords after `<`. Any other text is expected literally.
pub const EXPECTED: &[&str] = &[
    "json", "hex", "base64", "file", "text", "ping", "pong", "close", "any", "silence", "status",
    "header", "refused",
];

/// A description of session files, one item per paragraph.
pub const DESCRIPTION: &[&str] = &[
    "A session file is a conversation to replay and to check: one statement per line, in UTF-8. A \
     line that starts with # is a comment. > sends a message, < expects one; what follows is a text \
     as it is, or starts with one of the words below.",
    "An indented line continues the statement above it; a blank line ends it. The lines are joined \
     with line feeds, without the indentation of the first continued line. If nothing follows on \
     the first line, the message starts on the second.",
    "A text that would be read as something else is written as a JSON string: one that starts with \
     a word below, with / or a double quote; that starts or ends with a space; that contains blank \
     lines, control characters or ${; and the empty text, \"\". In a JSON string ${ means nothing; \
     everywhere else, except in hex, base64 and the pointer of a capture, ${NAME} is a variable. \
     After json its value is escaped inside a string, outside it is JSON by itself; in a regular \
     expression it stands for itself.",
    "With several connections each has a name, and @NAME before a statement says which one is \
     meant, @* all of them. They are opened before anything is sent, in the order in which their \
     names are first used. A url, header, subprotocol or option without a name applies to all.",
    "Paths are relative to the file. file @PATH is a binary message, text @PATH a text message. \
     Expected JSON must be contained in the message, which may have more members. close alone sends \
     1000 and expects any end; 1005 is a Close without a code, 1006 an end without a Close. at says \
     when a recorded conversation went on. reconnect waits until the connection has ended and is \
     open again; unless --reconnect has begun to connect, it does, and tries again like it. capture \
     takes a value, at a JSON Pointer (RFC 6901), from the message that matched last on its connection; without a pointer the whole message. \
     With match it takes the first group of a regular expression, and each named group under its \
     name.",
    "In expected JSON a value can be a pattern: any, string, number, integer, boolean, array, \
     object; a range such as > 0 or 1..100; numeric, a string with a number; /REGEX/; size, with \
     the number of elements, members or characters; has and each, for one and for all elements; \
     absent, for a member that must not be there. A | B is one of them, A and B both, not A none; A \
     as NAME sets a variable. [A, ..] is an array that may go on, = {...} an object with nothing \
     more. check applies a pattern to the message that matched last and fails at once; check within \
     limits the time since the last message sent.",
    "After hex, besides digits, a JSON string stands for its bytes and ${NAME:2} for a number in 2 \
     bytes, big-endian; :2le is little-endian, :varint as in protobuf. Expected bytes can also be \
     NAME:2, which sets a variable to a number; ??, any byte; ??x8, any 8; .., any number of bytes; \
     and, up to the end, /REGEX/ or json with a pattern.",
    "open opens a connection at this place instead of at the start, at the URL that follows or that of \
     its url line, and again after it has ended; one that is still open is dropped before. drop ends \
     TCP without a Close. http sends one request, with the headers and the body that are indented \
     below it: header, and json or body. Redirects are not followed. Up to the next message, < \
     status, < header, check and capture without the name of a connection are about its response.",
    "include stands for the lines of another file, whose path is relative to this one; it can't be \
     indented below another statement. Reports name the lines by that file.",
    "any order expects the messages below it in any order. Rules apply from their line on, in their \
     order, before expectations: on sends the messages below it each time a message matches, every \
     sends at an interval, ignore hides messages, and never fails if one matches; with for it also \
     waits that long. What on and ignore take is seen by no expectation. repeat runs the statements \
     below it that many times; retry runs them until they succeed or its time is over. let sets a \
     variable, default sets it unless it is set, secret hides its value in reports, as does capture \
     secret.",
];

/// What a session file from someone else can do, one item per paragraph.
pub const UNTRUSTED: &[&str] = &[
    "A session file from someone else is like a script: read it before you run it, or run it with \
     wsline test --untrusted --url URL. Otherwise it can send every variable of the environment, as \
     ${NAME} or env:NAME, and every file that you can read, as file @PATH, text @PATH or by an \
     option, to the address that it has, to another host, a proxy or a Unix socket, and turn off \
     the verification of certificates. So can a record: a header in it whose value is *** stands \
     for a variable that is named after the header.",
    "With --untrusted the only address is that of --url; those in the file are not used. The only \
     variables are those of --var and those that the file captures. Paths lead only to regular \
     files below the folder of the session file, also through symbolic links, and the session file \
     itself is such a file. The header Host can't be set, and a header, a user or a token can't be \
     read from a file or a variable. A file that breaks one of these rules is not run; the error \
     has the file, the line, the column and the reason, and the exit code is 2. Only a path with \
     a captured value is checked later, when it is used. Options after -- \
     are the user's own and not restricted, nor are --serve and proxies in the environment.",
];

/// The grammar in EBNF (ISO/IEC 14977). Text between question marks is defined elsewhere.
pub const EBNF: &str = r##"file      = { [ comment | statement ] , line end } ;
comment   = "#" , { character } ;
statement = [ "@" , ( link | "*" ) , " " ] , ( setting | step | rule | block ) ;
setting   = "url " , text | "header " , header | "subprotocol " , text
          | "option " , word , { " " , word }
          | "default " , name , " " , text | "secret " , name
          | "include " , path | "title " , { character } | "tags " , tag , { " " , tag } ;
rule      = "on " , ( "open" | received ) , body | "ignore " , received
          | "every " , duration , ( " > " , message | body )
          | "never " , received , [ " for " , duration ] ;
block     = "any order" , body
          | "repeat " , ( number | variable ) , [ " as " , name ] , body
          | "retry " , duration , [ " every " , duration ] , body
          | "http " , method , " " , text , { line end , indentation , http-part } ;
http-part = "header " , header | "json " , json | "body " , text ;
body      = { line end , indentation , statement } ;
received  = "< " , ( data-wanted | control | "any" ) ;
step      = "> " , message | "< " , wanted
          | "within " , duration | "strict" , [ " on" | " off" ]
          | "wait " , duration | "at " , duration
          | "open" , [ " " , text ] | "drop"
          | "capture " , [ "secret " ] , name , [ " " , pointer | " match " , match ]
          | "let " , name , " = " , value | "reconnect"
          | "check " , ( data-wanted | "within " , duration ) ;
message   = data | control ;
wanted    = data-wanted | control | "any"
          | "silence " , duration | "status " , status
          | "header " , header | "refused" , [ " " , status ] ;
data-wanted = data | "json " , pattern | match | "hex " , byte-wanted , { " " , byte-wanted } ;
byte-wanted = byte | name , ":" , format | "??" , [ "x" , number ] | ".."
          | match | "json " , pattern ;
byte      = hex | string | "${" , name , ":" , format , "}" ;
format    = number , [ "le" ] | "varint" ;
match     = "/" , regex , "/" , [ "i" ] ;
data      = text | "json " , json | "hex " , byte , { " " , byte } | "base64 " , base64
          | "file @" , text | "text @" , text ;
control   = ( "ping" | "pong" ) , [ " " , ( text | "hex " , hex ) ]
          | "close" , [ " " , code , [ " " , text ] ] ;
value     = string | "uuid" | "now" , [ " s" | " iso" ]
          | "random " , number , ".." , number
          | ( "sha256" | "base64" | "base64url" | "hex" ) , "(" , value , ")"
          | "hmac_sha256(" , value , "," , value , ")" ;
pattern   = choice , [ " as " , name ] ;
choice    = both , { "|" , both } ;
both      = unary , { " and " , unary } ;
unary     = { "not " | "has " | "each " | "=" } , ( json | part | match | range
          | "any" | "absent" | "string" | "number" | "integer" | "boolean"
          | "array" | "object" | "numeric" , [ range ] | "size " , range ) ;
part      = "{" , string , ":" , pattern , { "," , string , ":" , pattern } , "}"
          | "[" , pattern , { "," , pattern } , [ "," , ".." ] , "]" ;
range     = number | ( ">" | ">=" | "<" | "<=" ) , number
          | number , ".." , [ number ] | ".." , number ;
text      = string | ( character | variable ) , { character | variable } ;
header    = string | field , ":" , { character | variable } ;
word      = piece , { piece } ;
piece     = character | variable | "'" , { character } , "'"
          | '"' , { character | variable } , '"' ;
variable  = "${" , name , "}" ;
name      = ( letter | "_" ) , { letter | digit | "_" } ;
link      = part-of-link , { part-of-link } ;
part-of-link = letter | digit | "_" | "-" | variable ;
tag       = { character } ;
duration  = number , [ "ms" | "s" | "m" ] ;
pointer   = string | ? JSON pointer, RFC 6901 ? ;
string    = ? JSON string, RFC 8259 ? ;
json      = ? JSON with variables in strings and for values ? ;
path      = string | { character } ;
method    = ? token, RFC 9110 ? ;
regex     = ? as for --expect-match, with variables ? ;
field     = ? name of a header, RFC 9110 ? ;
hex       = ? two digits a byte, blanks between them or not ? ;
base64    = ? RFC 4648, with its padding ? ;
code      = ? number from 0 to 65535 ? ;
status    = ? number of three digits ? ;"##;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Names that are not defined in the grammar.
    const KNOWN: &[&str] = &[
        "character",
        "digit",
        "indentation",
        "letter",
        "line end",
        "number",
    ];

    #[test]
    fn grammar_has_every_keyword() {
        for word in STATEMENTS.iter().chain(SENT).chain(EXPECTED) {
            let quoted = EBNF.contains(&format!("\"{word}"));
            assert!(quoted, "{word} is missing in the EBNF");
        }
    }

    #[test]
    fn grammar_defines_all_names() {
        let mut defined = BTreeSet::new();
        let mut used = BTreeSet::from(["file".to_owned()]);
        for rule in EBNF.split_inclusive(" ;").filter(|rule| !rule.is_empty()) {
            let (name, body) = rule.trim().split_once('=').expect("a rule");
            defined.insert(name.trim().to_owned());
            used.extend(names(body));
        }
        used.retain(|name| !KNOWN.contains(&name.as_str()));
        assert_eq!(defined, used);
    }

    /// The names in the body of a rule, without quoted text and text between question marks.
    fn names(body: &str) -> Vec<String> {
        let mut bare = String::new();
        let mut quote = None;
        for c in body.chars() {
            match quote {
                Some(end) if c == end => quote = None,
                Some(_) => {}
                None if ['"', '\'', '?'].contains(&c) => quote = Some(c),
                None => bare.push(c),
            }
        }
        let names = bare.split(|c: char| !c.is_alphanumeric() && !matches!(c, ' ' | '-'));
        let names = names.map(str::trim).filter(|name| !name.is_empty());
        names.map(str::to_owned).collect()
    }
}
