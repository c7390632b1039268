import { describe, expect, it } from "vitest";
import { renderMarkdown, sanitise } from "./html.ts";

describe("what strangers send", () => {
  it.each<[string, string, string]>([
    ["plain emphasis passes", "a <b>b</b> <em>c</em>", "a <b>b</b> <em>c</em>"],
    ["a script is dropped with its content", "a<script>alert(1)</script>b", "ab"],
    ["an event handler is dropped", '<b onclick="alert(1)">x</b>', "<b>x</b>"],
    ["an image is dropped: nothing remote is loaded", '<img src="https://x/y.png">', ""],
    ["an image that fails is dropped", "<img src=x onerror=alert(1)>", ""],
    ["an svg is dropped", "<svg><script>alert(1)</script></svg>ok", "ok"],
    ["mathml is dropped", "<math><mi xlink:href='javascript:alert(1)'>x</mi></math>", "x"],
    ["an inline style is dropped", '<p style="position:fixed">x</p>', "<p>x</p>"],
    ["a style sheet is dropped", "<style>*{display:none}</style>x", "x"],
    ["an iframe is dropped", '<iframe src="https://x"></iframe>x', "x"],
    ["a form is unwrapped", '<form action="https://x"><input name=a>x</form>', "x"],
    ["a javascript link loses its address", '<a href="javascript:alert(1)">x</a>', "<a>x</a>"],
    ["a disguised link loses it too", '<a href="java\nscript:alert(1)">x</a>', "<a>x</a>"],
    ["a data link loses it too", '<a href="data:text/html,x">x</a>', "<a>x</a>"],
    ["a relative link loses it too", '<a href="/logout">x</a>', "<a>x</a>"],
    [
      "a link opens elsewhere and says nothing of us",
      '<a href="https://example.org" target="_top" rel="opener">x</a>',
      '<a href="https://example.org" target="_blank" rel="noopener noreferrer nofollow">x</a>',
    ],
    ["an id is dropped", '<p id="root">x</p>', "<p>x</p>"],
    ["a class is dropped", '<p class="dialog">x</p>', "<p>x</p>"],
    [
      "the language of code stays",
      '<pre><code class="language-rust evil">x</code></pre>',
      '<pre><code class="language-rust">x</code></pre>',
    ],
    ["a data attribute is dropped", '<p data-x="1">x</p>', "<p>x</p>"],
    ["a spoiler stays", '<span data-mx-spoiler="">x</span>', '<span data-mx-spoiler="">x</span>'],
    ["the copy of what is answered goes", "<mx-reply>old</mx-reply>new", "new"],
    ["a broken tag is closed", "<b>x", "<b>x</b>"],
    ["a mutation attack stays inert", "<p><noscript><p title='</noscript><b>x'>", "<p></p><p></p>"],
    ["a custom element is unwrapped", "<x-evil>x</x-evil>", "x"],
  ])("%s", (_, hostile, shown) => {
    expect(sanitise(hostile)).toBe(shown);
  });

  it("is shown as plain text when it is too deep or too long", () => {
    expect(sanitise("<div>".repeat(200))).toBeUndefined();
    expect(sanitise("x".repeat(100_001))).toBeUndefined();
  });
});

describe("what we send", () => {
  it.each<[string, string, string | undefined]>([
    ["plain text needs no formatting", "bonjour à tous", undefined],
    ["an address needs none", "voir https://example.org/a?b=c", undefined],
    ["a snake_case word needs none", "le champ room_id", undefined],
    ["strong", "c'est **important**", "c'est <strong>important</strong>"],
    ["code", "la commande `ls`", "la commande <code>ls</code>"],
    ["a list", "- un\n- deux", "<ul>\n<li>un</li>\n<li>deux</li>\n</ul>"],
    ["typed HTML stays text", "**a** <b>x</b>", "<strong>a</strong> &lt;b&gt;x&lt;/b&gt;"],
    ["a script link is not made", "[x](javascript:alert(1))", undefined],
    ["a line break stays", "*a*\nb", "<em>a</em><br>\nb"],
  ])("%s", async (_, typed, html) => {
    expect(await renderMarkdown(typed)).toBe(html);
  });
});
