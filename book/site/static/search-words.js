// The search itself: words in, sections out. It needs no page, so tests run it in Node as in the
// browser. The engine is MiniSearch; Korean is in `pieces` and `stems`.
"use strict";

// Endings that Korean attaches to a noun, longest first: particles, and verbs.
const PARTICLES = (
  "에서부터 으로부터 이라는 이라고 에서는 에서도 에서의 으로는 으로도 으로의 으로써 으로서 까지는 입니다 로부터 에게서 라는 라고 " +
  "부터 까지 에서 에게 으로 로써 로서 이나 이란 처럼 보다 마다 만큼 조차 에는 에도 와의 과의 이고 이며 은 는 이 가 을 를 의 에 로 와 과 도 만 나 란 며"
).split(" ");
const VERBS = "합니다 됩니다 하는 되는 하면 되면 하기 되기 한다 된다 하여 해서 하고 된 할 될 한".split(" ");
const ENDINGS = [...PARTICLES, ...VERBS].sort((a, b) => b.length - a.length);

const BORDER = /(?<=[^가-힣 ])(?=[가-힣])|(?<=[가-힣])(?=[^가-힣 ])/g; // RNN의: two words
const RUN = /[가-힣]+(?: [가-힣]+)*|[\p{L}\p{N}_∂∇′]+|[←-⋿]/gu; // of ⊙, ≤, → each is a word
const HANGUL = /^[가-힣]/;

const normal = (text) => text.normalize("NFC").toLowerCase().replace(/\s+/g, " ");

// The pieces of a text for the index. For Hangul: every two adjacent syllables, also across spaces,
// because 망각 게이트 is also written 망각게이트; and the last syllable alone.
function pieces(text) {
  const found = [];
  for (const [run] of normal(text).replace(BORDER, " ").matchAll(RUN)) {
    if (!HANGUL.test(run)) {
      found.push(run); // W_hh is also typed Whh
      if (run.includes("_")) found.push(...run.split("_").filter(Boolean), run.replaceAll("_", ""));
      continue;
    }
    const syllables = run.replaceAll(" ", "");
    for (let i = 0; i + 1 < syllables.length; i++) found.push(syllables.slice(i, i + 2));
    found.push(syllables.slice(-1));
  }
  return found;
}

// A Korean word, and its stem without the ending: 기울기를, 기울기.
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

// The stem of a one-syllable word without a particle that fits it: 셀을, 셀; not 차이.
// 은 follows a consonant, 는 a vowel; 로 a vowel or an ㄹ.
function syllable_before_particle(word) {
  const particle = word.slice(1);
  if (!HANGUL.test(word) || !PARTICLES.includes(particle)) return "";
  const final = (word.charCodeAt(0) - "가".charCodeAt(0)) % 28;
  const open = final === 0 || (final === 8 && /^[로으]/.test(particle));
  return (open ? /^[은이을과으]/ : /^[는가를와로라나란며]/).test(particle) ? "" : word[0];
}

// The words of a query. An ending after a foreign word (RNN의) is removed.
function query_words(query) {
  const found = [];
  for (const match of normal(query).matchAll(/[가-힣]+|(?:(?![가-힣])[\p{L}\p{N}_∂∇′])+|[←-⋿]/gu)) {
    if (/^_+$/.test(match[0])) continue;
    const attached = match.index > 0 && !/\s/.test(normal(query)[match.index - 1]);
    if (HANGUL.test(match[0]) && attached && found.length && ENDINGS.includes(match[0])) continue;
    found.push(match[0]);
  }
  return found;
}

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

// The place of a word in a text: without its ending, with or without spaces between syllables. A
// syllable without its particle counts only if it is a word: 길을 for 길이, not 길다.
function word_pattern(word) {
  if (!HANGUL.test(word)) {
    const border = /^[\p{L}\p{N}]{1,2}$/u.test(word) ? "(?<![\\p{L}\\p{N}])" : "";
    return border + [...word.replaceAll("_", "")].map(escaped).join("_?");
  }
  const syllable = syllable_before_particle(word);
  if (!syllable) return exact_pattern(word);
  return `(?:${exact_pattern(word)}|(?<![가-힣])${syllable}(?=(?:${PARTICLES.join("|")})?(?![가-힣])))`;
}

const exact_pattern = (word) => (HANGUL.test(word) ? [...stems(word).at(-1)].join(" ?") : word_pattern(word));

// Words one after another, with anything but words between them.
const phrase_pattern = (words, pattern = word_pattern) => words.map(pattern).join("[^\\p{L}\\p{N}]*");

// The query itself, and the query with the book's word instead of an alias.
function variants(query, aliases) {
  const found = [normal(query).trim()];
  for (const [alias, word] of Object.entries(aliases)) {
    const pattern = new RegExp([...normal(alias).replaceAll(" ", "")].map(escaped).join(" ?"), "u");
    if (pattern.test(found[0])) found.push(found[0].replace(pattern, normal(word)));
  }
  return found;
}

// What to mark: the query as a phrase, or its words if the phrase does not occur. May be empty.
function mark_patterns(query, aliases) {
  const asked = variants(query, aliases).map(query_words).filter((words) => words.length);
  return [asked.map((words) => phrase_pattern(words)), asked.flat().map(word_pattern)]
    .filter((patterns) => patterns.length)
    .map((patterns) => new RegExp(patterns.sort((a, b) => b.length - a.length).join("|"), "giu"));
}

// The first pattern that one of the texts contains.
const first_held = (patterns, texts) => patterns.find((pattern) => texts.some((text) => text.search(pattern) >= 0));

// MiniSearch's query for one word: all pieces of the word, or all pieces of its stem.
function ask_for(word) {
  if (!HANGUL.test(word)) return word;
  const forms = [...stems(word), syllable_before_particle(word)].filter(Boolean).map((form) =>
    form.length < 2
      ? form
      : { combineWith: "AND", queries: [...form].slice(1).map((syllable, i) => form[i] + syllable) },
  );
  return { combineWith: "OR", queries: forms };
}

// The words of a query as patterns, and how well a section matches them.
class Reading {
  constructor(words, pattern, combineWith) {
    this.words = words.map((word) => new RegExp(pattern(word), "iu"));
    this.phrase = new RegExp(phrase_pattern(words, pattern), "iu");
    this.name = new RegExp(`^(?:${this.phrase.source})$`, "iu");
    this.enough = combineWith === "AND" ? "every" : "some";
  }

  held_by({ page, heading, names = [], reference = [], text, code }) {
    const whole = [page, heading, ...names, ...reference, text, code].join("\n");
    return this.words[this.enough]((word) => word.test(whole));
  }

  // The page that the glossary gives for a term, titles, a section that the glossary gives, what has
  // the name in the library's reference, headings, and phrases before scattered words.
  rank({ address, page, heading, names = [], text, code }, has_name) {
    if (has_name) return 4;
    const all_in = (words) => this.words.every((word) => word.test(words));
    const is_page = !address.includes("#");
    const named = names.some((name) => this.name.test(name));
    if (is_page && named) return 7;
    if (is_page && all_in(page)) return 6;
    if (named) return 5;
    if (this.phrase.test(heading)) return 3;
    if (all_in(heading)) return 2;
    return this.phrase.test(text) || this.phrase.test(code) ? 1 : 0;
  }
}

// A query that names a function or class of the library as code does, such as torch_modules.LSTM.
const NAME = /^(?=.*[A-Z._])[\w.]+$/;

class BookSearch {
  constructor(MiniSearch, { sections, aliases }) {
    this.sections = sections;
    this.aliases = aliases;
    this.engine = new MiniSearch({
      fields: ["page", "heading", "names", "reference", "text", "code"],
      tokenize: pieces,
      processTerm: (piece) => piece,
      searchOptions: {
        tokenize: (piece) => [piece],
        boost: { page: 4, heading: 6, names: 6, code: 0.4 },
        prefix: (piece) => !HANGUL.test(piece) || piece.length === 1,
        fuzzy: (piece) => !HANGUL.test(piece) && piece.length > 5 && 0.2,
      },
    });
    this.engine.addAll(sections.map((section, id) => ({ id, ...section })));
  }

  // The sections that hold all words of a query; if there are none, those that hold some.
  find(query) {
    const asked = variants(query, this.aliases);
    const code = query.trim().replace(/\(\)$/, "");
    const name = NAME.test(code) ? code : "";
    const all = this.ask(asked, "AND", name);
    return all.length ? all : this.ask(asked, "OR", name);
  }

  // The reference is for those who look for a name: for all others it comes after the chapters.
  ask(asked, combineWith, name) {
    const found = new Map();
    for (const query of asked) {
      const words = query_words(query);
      if (!words.length) continue;
      // As it is typed, before a syllable without its particle.
      const readings = [exact_pattern, word_pattern].map((pattern) => new Reading(words, pattern, combineWith));
      const korean = words.some((word) => HANGUL.test(word));
      for (const { id, score } of this.engine.search({ combineWith, queries: words.map(ask_for) })) {
        const section = this.sections[id];
        const place = readings.findIndex((reading) => reading.held_by(section));
        if (place < 0 && korean) continue; // distant pieces are not a word
        const { reference = [] } = section;
        const has_name = reference.includes(name);
        const reading = place === 0 ? 0 : 1;
        const rank =
          readings[reading].rank(section, has_name) + (place === 0 ? 10 : 0) - (reference.length && !has_name ? 20 : 0);
        const known = found.get(id);
        if (!known || known.rank < rank || (known.rank === rank && known.score < score)) {
          found.set(id, { section, rank, score });
        }
      }
    }
    return [...found.values()].sort((a, b) => b.rank - a.rank || b.score - a.score);
  }
}

if (typeof module !== "undefined") {
  module.exports = { BookSearch, pieces, stems, syllable_before_particle, query_words, variants, mark_patterns, first_held };
}
