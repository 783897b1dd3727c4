// What a search looks for, and where: words in, sections out. No page is needed: tests run it in
// Node as it runs in the browser. The engine is MiniSearch; Korean is in `pieces` and `stems`.
"use strict";

// Endings that Korean writes onto a noun, longest first. Verbs that make a noun a verb are among them.
const ENDINGS = (
  "에서부터 으로부터 이라는 이라고 에서는 에서도 에서의 으로는 으로도 으로의 으로써 으로서 까지는 합니다 됩니다 입니다 " +
  "로부터 에게서 라는 라고 부터 까지 에서 에게 으로 로써 로서 이나 이란 처럼 보다 마다 만큼 조차 에는 에도 와의 과의 하는 되는 " +
  "하면 되면 하기 되기 한다 된다 하여 해서 하고 이고 이며 은 는 이 가 을 를 의 에 로 와 과 도 만 나 란 며 된 할 될 한"
).split(" ");

const BORDER = /(?<=[^가-힣 ])(?=[가-힣])|(?<=[가-힣])(?=[^가-힣 ])/g; // RNN의: two words
const RUN = /[가-힣]+(?: [가-힣]+)*|[\p{L}\p{N}_∂∇′]+/gu;
const HANGUL = /^[가-힣]/;

const normal = (text) => text.normalize("NFC").toLowerCase().replace(/\s+/g, " ");

// The pieces of a text that are kept in the index. Of Hangul: each two syllables that follow one
// another, over spaces too, since 망각 게이트 is also written 망각게이트; and the last one alone.
function pieces(text) {
  const found = [];
  for (const [run] of normal(text).replace(BORDER, " ").matchAll(RUN)) {
    if (!HANGUL.test(run)) {
      found.push(run, ...(run.includes("_") ? run.split("_").filter(Boolean) : []));
      continue;
    }
    const syllables = run.replaceAll(" ", "");
    for (let i = 0; i + 1 < syllables.length; i++) found.push(syllables.slice(i, i + 2));
    found.push(syllables.slice(-1));
  }
  return found;
}

// A Korean word, and what is left of it without its ending: 기울기를, 기울기.
function stems(word) {
  const found = [word];
  for (let round = 0; round < 2; round++) {
    const last = found[found.length - 1];
    const ending = ENDINGS.find((end) => last.endsWith(end) && last.length - end.length >= 2);
    if (!ending) break;
    found.push(last.slice(0, -ending.length));
  }
  return found;
}

// The words of a query. An ending written onto a foreign word (RNN의) is dropped.
function query_words(query) {
  const found = [];
  for (const match of normal(query).matchAll(/[가-힣]+|(?:(?![가-힣])[\p{L}\p{N}_∂∇′])+/gu)) {
    const attached = match.index > 0 && !/\s/.test(normal(query)[match.index - 1]);
    if (HANGUL.test(match[0]) && attached && found.length && ENDINGS.includes(match[0])) continue;
    found.push(match[0]);
  }
  return found;
}

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

// Where a word stands in a text: without its ending, with or without spaces between syllables.
function word_pattern(word) {
  if (!HANGUL.test(word)) return (/^[\p{L}\p{N}]{1,2}$/u.test(word) ? "(?<![\\p{L}\\p{N}])" : "") + escaped(word);
  return [...stems(word).at(-1)].join(" ?");
}

// The query as it is, and with a word that the book uses in the place of one that it does not.
function variants(query, aliases) {
  const found = [normal(query).trim()];
  for (const [alias, word] of Object.entries(aliases)) {
    const pattern = new RegExp([...normal(alias).replaceAll(" ", "")].map(escaped).join(" ?"), "u");
    if (pattern.test(found[0])) found.push(found[0].replace(pattern, normal(word)));
  }
  return found;
}

// A pattern for all words of a query, to mark them where they stand; null for an empty query.
function mark_pattern(query, aliases) {
  const words = variants(query, aliases).flatMap(query_words).map(word_pattern);
  words.sort((a, b) => b.length - a.length);
  return words.length ? new RegExp([...new Set(words)].join("|"), "giu") : null;
}

// What MiniSearch is asked for one word: all pieces of the word, or all of what it stems from.
function ask_for(word) {
  if (!HANGUL.test(word)) return word;
  const forms = stems(word).map((form) =>
    form.length < 2
      ? form
      : { combineWith: "AND", queries: [...form].slice(1).map((syllable, i) => form[i] + syllable) },
  );
  return { combineWith: "OR", queries: forms };
}

class BookSearch {
  constructor(MiniSearch, { sections, aliases }) {
    this.sections = sections;
    this.aliases = aliases;
    this.engine = new MiniSearch({
      fields: ["page", "heading", "text", "code"],
      tokenize: pieces,
      processTerm: (piece) => piece,
      searchOptions: {
        tokenize: (piece) => [piece],
        boost: { page: 4, heading: 6, code: 0.4 },
        prefix: (piece) => !HANGUL.test(piece) || piece.length === 1,
        fuzzy: (piece) => !HANGUL.test(piece) && piece.length > 5 && 0.2,
      },
    });
    this.engine.addAll(sections.map((section, id) => ({ id, ...section })));
  }

  // The sections that hold all words of a query; if there are none, those that hold some.
  find(query) {
    const asked = variants(query, this.aliases);
    const all = this.ask(asked, "AND");
    return all.length ? all : this.ask(asked, "OR");
  }

  ask(asked, combineWith) {
    const found = new Map();
    for (const query of asked) {
      const words = query_words(query);
      if (!words.length) continue;
      const patterns = words.map((word) => new RegExp(word_pattern(word), "iu"));
      const phrase = new RegExp(words.map(word_pattern).join("[^\\p{L}\\p{N}]*"), "iu");
      const korean = words.some((word) => HANGUL.test(word));
      for (const { id, score } of this.engine.search({ combineWith, queries: words.map(ask_for) })) {
        const section = this.sections[id];
        if (korean && !this.holds(section, patterns, combineWith)) continue;
        const rank = this.rank(section, patterns, phrase);
        const known = found.get(id);
        if (!known || [known.rank, known.score] < [rank, score]) found.set(id, { section, rank, score });
      }
    }
    return [...found.values()].sort((a, b) => b.rank - a.rank || b.score - a.score);
  }

  // Pieces that stand far apart are no word.
  holds({ page, heading, text, code }, patterns, combineWith) {
    const whole = [page, heading, text, code].join("\n");
    const test = (pattern) => pattern.test(whole);
    return combineWith === "AND" ? patterns.every(test) : patterns.some(test);
  }

  // Titles before headings before text.
  rank({ address, page, heading, text, code }, patterns, phrase) {
    const all_in = (words) => patterns.every((pattern) => pattern.test(words));
    if (!address.includes("#") && all_in(page)) return 3;
    if (all_in(heading)) return 2;
    return phrase.test(text) || phrase.test(code) ? 1 : 0;
  }
}

if (typeof module !== "undefined") module.exports = { BookSearch, pieces, stems, query_words, variants, mark_pattern };
