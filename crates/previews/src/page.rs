//! What a page says of itself: its `meta` elements and its title. Pure.
//!
//! Only tokens are read: no tree is built, nothing is executed, and what counts is a few known
//! properties, each cut to a length.

use html5gum::emitters::default::DefaultEmitter;
use html5gum::{StartTag, Token, Tokenizer};
use url::Url;

/// Characters of a line of text at most.
const LINE: usize = 300;
/// Characters of a description at most.
const PARAGRAPH: usize = 1_000;

/// What a page says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) title: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) site_name: Option<String>,
    pub(crate) kind: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) picture: Option<Url>,
    pub(crate) picture_text: Option<String>,
}

/// What was found, by where: what Open Graph says goes before what others say.
#[derive(Default)]
struct Found {
    graph: Page,
    twitter: Page,
    plain: Page,
}

/// Reads a page that came from an address.
pub(crate) fn read(html: &str, address: &Url) -> Page {
    let mut found = Found::default();
    let mut title: Option<String> = None;
    let mut emitter = DefaultEmitter::<usize>::new_with_span();
    emitter.naively_switch_states(true);
    for token in Tokenizer::new_with_emitter(html, emitter) {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) => {
                if *tag.name == b"title"[..] && found.plain.title.is_none() {
                    title = Some(String::new());
                }
                found.take(&tag, address);
            }
            Token::String(text) => {
                if let Some(title) = &mut title {
                    title.push_str(&String::from_utf8_lossy(&text));
                }
            }
            Token::EndTag(_) => {
                if let Some(title) = title.take() {
                    found.plain.title = line(&title, LINE);
                }
            }
            _ => {}
        }
    }
    found.together()
}

impl Found {
    fn take<S: html5gum::SpanBound>(&mut self, tag: &StartTag<S>, address: &Url) {
        let attribute = |name: &str| {
            let value = tag.attributes.get(name.as_bytes())?;
            Some(String::from_utf8_lossy(value).into_owned())
        };
        match &**tag.name {
            b"meta" => {
                let name = attribute("property").or_else(|| attribute("name"));
                if let (Some(name), Some(content)) = (name, attribute("content")) {
                    self.take_property(name.trim(), &content, address);
                }
            }
            b"link"
                if attribute("rel").is_some_and(|rel| rel.eq_ignore_ascii_case("image_src")) =>
            {
                let link = attribute("href").and_then(|link| web(&link, address));
                keep(&mut self.plain.picture, link);
            }
            _ => {}
        }
    }

    fn take_property(&mut self, name: &str, content: &str, address: &Url) {
        let name = name.to_ascii_lowercase();
        let (source, property) = match name.split_once(':') {
            Some(("og", property)) => (&mut self.graph, property),
            Some(("twitter", property)) => (&mut self.twitter, property),
            _ if name == "description" => (&mut self.plain, "description"),
            _ => return,
        };
        match property {
            "title" => keep(&mut source.title, line(content, LINE)),
            "description" => keep(&mut source.description, line(content, PARAGRAPH)),
            "site_name" => keep(&mut source.site_name, line(content, LINE)),
            "type" => keep(&mut source.kind, line(content, LINE)),
            "url" => keep(&mut source.url, web(content, address).map(String::from)),
            "image" | "image:url" | "image:secure_url" => {
                keep(&mut source.picture, web(content, address));
            }
            "image:alt" => keep(&mut source.picture_text, line(content, LINE)),
            _ => {}
        }
    }

    fn together(self) -> Page {
        let Self { graph, twitter, plain } = self;
        Page {
            title: graph.title.or(twitter.title).or(plain.title),
            description: graph.description.or(twitter.description).or(plain.description),
            site_name: graph.site_name,
            kind: graph.kind,
            url: graph.url,
            picture: graph.picture.or(twitter.picture).or(plain.picture),
            picture_text: graph.picture_text.or(twitter.picture_text),
        }
    }
}

/// Keeps the first of several.
fn keep<T>(kept: &mut Option<T>, found: Option<T>) {
    if kept.is_none() {
        *kept = found;
    }
}

/// One line of plain text, cut to a length; none when nothing is in it.
fn line(text: &str, limit: usize) -> Option<String> {
    let visible = |c: char| !c.is_control() && !is_direction(c);
    let words = text.split_whitespace().map(|word| word.chars().filter(|c| visible(*c)));
    let mut out = String::new();
    let mut length = 0;
    for word in words {
        for (index, character) in word.enumerate() {
            let space = index == 0 && !out.is_empty();
            length += 1 + usize::from(space);
            if length > limit {
                return Some(out);
            }
            if space {
                out.push(' ');
            }
            out.push(character);
        }
    }
    (!out.is_empty()).then_some(out)
}

/// What turns the direction of what stands around it.
fn is_direction(character: char) -> bool {
    matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// An address of the web, as the page means it.
fn web(text: &str, address: &Url) -> Option<Url> {
    let url = address.join(text.trim()).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.as_str().len() <= 2048).then_some(url)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn page(html: &str) -> Page {
        read(html, &Url::parse("https://news.example/2026/article").unwrap())
    }

    fn text(text: &str) -> String {
        text.to_owned()
    }

    #[test]
    fn open_graph_goes_before_what_others_say() {
        let read = page(
            r#"<!doctype html><html><head><title>Plain &amp; simple</title>
               <meta name="description" content="plain"><meta name="twitter:title" content="Bird">
               <meta property="og:title" content="Graph"><meta property="og:title" content="Second">
               <meta property="og:description" content=" a
                 b "><META PROPERTY='OG:TYPE' CONTENT=article>
               <meta property="og:site_name" content="News"><meta property="og:image" content="/p.png">
               <meta property="og:image:alt" content="A tower"><meta property="og:url" content="x">"#,
        );
        let expected = Page {
            title: Some(text("Graph")),
            description: Some(text("a b")),
            site_name: Some(text("News")),
            kind: Some(text("article")),
            url: Some(text("https://news.example/2026/x")),
            picture: Url::parse("https://news.example/p.png").ok(),
            picture_text: Some(text("A tower")),
        };
        assert_eq!(read, expected);
    }

    #[test]
    fn without_open_graph_the_page_s_own_words_serve() {
        let read = page(
            "<title>Plain &amp; <b>simple</title><meta name=description content='what it is'>\
             <link rel=image_src href=//cdn.example/p.jpg>",
        );
        assert_eq!(read.title, Some(text("Plain & <b>simple")));
        assert_eq!(read.description, Some(text("what it is")));
        assert_eq!(read.picture, Url::parse("https://cdn.example/p.jpg").ok());
        assert_eq!(page(""), Page::default());
        assert_eq!(page("<title> </title><meta property=og:title>"), Page::default());
    }

    #[test]
    fn what_stands_in_scripts_and_comments_is_nothing_said() {
        let read = page(
            "<script>'<meta property=og:title content=script>'</script>\
             <!-- <meta property=og:title content=comment> -->\
             <style><title>style</title></style><textarea><title>area</title></textarea>",
        );
        assert_eq!(read, Page::default());
    }

    #[test]
    fn addresses_that_are_not_of_the_web_are_left_out() {
        for address in ["javascript:alert(1)", "data:image/png;base64,AAAA", "file:///etc/passwd"] {
            let read = page(&format!(
                "<meta property=og:url content='{address}'><meta property=og:image content='{address}'>"
            ));
            assert_eq!(read, Page::default(), "{address}");
        }
    }

    #[test]
    fn lines_are_cut_and_hold_nothing_invisible() {
        let long = page(&format!("<meta property=og:title content='{}'>", "é".repeat(1_000)));
        assert_eq!(long.title.unwrap().chars().count(), LINE);
        let odd = page("<meta property=og:title content='a\u{202e}b&#10;\u{7}c'>");
        assert_eq!(odd.title, Some(text("ab c")));
    }

    proptest! {
        #[test]
        fn any_text_is_read(html in "\\PC{0,200}", tags in "(<(meta|title|link|!--|script)[ a-z=:'\"<>]{0,40}){0,6}") {
            for html in [html.clone(), tags.clone(), tags + &html] {
                let page = page(&html);
                prop_assert!(page.title.is_none_or(|title| title.chars().count() <= LINE));
            }
        }
    }
}
