// The search: a query in, sections out, the best first. It needs no page, so tests run it in Node as
// in the browser. MiniSearch finds and ranks; this file says which words it compares.
//
// A text becomes words, each reduced to its stem, and pairs of neighboring words written as one, so
// that 망각 게이트, 망각게이트를 and "망각 게이트는" have one word in common. Hangul is compared letter by
// letter (jamo). Each word of a query asks for its stem, or for what readers also call it; a word that
// the book does not have is divided, or replaced by the words of the book that differ in one letter.
// MiniSearch adds up where they are found: a title counts more than a heading, a heading more than a
// term that the glossary explains there, that more than text, and each word found counts again. The
// library's reference is for those who look for a name: for all others it comes after the chapters.
//
// A section is known by its title, heading and names at first, which are 20 kB for the whole book. Its
// text and code are 300 kB and may come later: the same search is then made again of whole sections.
"use strict";

// Endings that Korean attaches to a noun, longest first: particles, and verbs.
const PARTICLES = (
  "에서부터 으로부터 이라는 이라고 에서는 에서도 에서의 으로는 으로도 으로의 으로써 으로서 까지는 입니다 로부터 에게서 라는 라고 " +
  "부터 까지 에서 에게 으로 로써 로서 이나 이란 처럼 보다 마다 만큼 조차 에는 에도 와의 과의 이고 이며 은 는 이 가 을 를 의 에 로 와 과 도 만 나 란 며"
).split(" ");
const VERBS = "합니다 됩니다 하는 되는 하면 되면 하기 되기 한다 된다 하여 해서 하고 된 할 될 한".split(" ");
const ENDINGS = [...PARTICLES, ...VERBS].sort((a, b) => b.length - a.length);

// How much a place counts; `begun` is the query at the beginning of a heading, `whole` the query as a
// name. Glossary, lists and exercises count less than the sections that explain.
const PLACES = { page: 2, heading: 6, names: 3, reference: 3, text: 1, code: 0.3, begun: 4, whole: 40 };
const MINOR = /appendix|-(exercises|summary|sources|mistakes)$/;
const AS_MINOR = 0.6;
const AS_REFERENCE = 0.1;

// Words of a question that name nothing.
const OF_QUESTIONS = new Set(
  "a an and are as at be by can do does for from i in is it my of on or should the to use using vs what which with you 이란 하는 쓰나 뭐".split(" "),
);

const AS_CODE = /[\w)][._(]|[a-z][A-Z]/; // clip_by_norm, torch_modules.LSTM, WeightDrop
const HANGUL = /^[가-힣]/;
const WORD = /[가-힣]+|(?:(?![가-힣])[\p{L}\p{N}_∂∇′])+|[←-⋿]/gu; // RNN의: two words; of ⊙, ≤, → each is one

const normal = (text) => text.normalize("NFC").toLowerCase().replace(/['’]s\b/g, "").replace(/\s+/g, " ");
const letters = (word) => word.normalize("NFD");

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

// The words of a text. An ending after a foreign word (RNN의) is left out.
function words_of(text) {
  const found = [];
  const lower = normal(text);
  for (const match of lower.matchAll(WORD)) {
    if (/^_+$/.test(match[0])) continue;
    const attached = match.index > 0 && !/\s/.test(lower[match.index - 1]);
    if (HANGUL.test(match[0]) && attached && found.length && ENDINGS.includes(match[0])) continue;
    found.push(match[0]);
  }
  return found;
}

const stem_of = (word, stemmer) => (HANGUL.test(word) ? stems(word).at(-1) : stemmer(word.replaceAll("_", "")));
const whole = (word, stemmer) => (HANGUL.test(word) ? stem_of(word, stemmer) : word.replaceAll("_", ""));

// What the index holds of a word, the stem last: W_hh is also typed Whh, or hh.
function forms_of(word, stemmer) {
  if (HANGUL.test(word)) return [syllable_before_particle(word), ...stems(word)].filter(Boolean);
  return [...new Set([...(word.includes("_") ? [word, ...word.split("_").filter(Boolean)] : []), word.replaceAll("_", ""), stem_of(word, stemmer)])];
}

// Two words written as one: 망각게이트, layernorm.
const pair = (first, second, stemmer) => letters(whole(first, stemmer) + stem_of(second, stemmer));

// A whole name or heading, and its beginning.
const named = (words, stemmer) => "=" + letters(words.map((word) => whole(word, stemmer)).join(""));
const begun = (words, stemmer) => "^" + letters(words.map((word) => stem_of(word, stemmer)).join(""));

// All that the index holds of a text.
function index_words(text, field, stemmer) {
  if (field === "names" || field === "reference") {
    const names = text.split("\n");
    return names.flatMap((name) => [named(words_of(name), stemmer), ...index_words(name, "", stemmer)]);
  }
  const words = words_of(text);
  const found = words.flatMap((word) => forms_of(word, stemmer).map(letters));
  for (let i = 1; i < words.length; i++) found.push(pair(words[i - 1], words[i], stemmer));
  if (field === "heading") {
    const spoken = words.filter((word) => !/^\d+$/.test(word)); // of "4. LSTM: …"
    found.push(begun(spoken.slice(0, 1), stemmer), begun(spoken.slice(0, 2), stemmer));
  }
  return found;
}

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

// The query itself, and the query with the book's word instead of an alias.
function variants(query, aliases) {
  const found = [normal(query).trim()];
  for (const [alias, word] of Object.entries(aliases)) {
    const pattern = new RegExp("(?<![\\p{L}\\p{N}])" + [...normal(alias).replaceAll(" ", "")].map(escaped).join(" ?"), "u");
    if (pattern.test(found[0])) found.push(found[0].replace(pattern, normal(word)));
  }
  return found;
}

// The place of a word in a text: without its ending, with or without spaces between syllables. A
// syllable without its particle counts only if it is a word: 길을 for 길이, not 길다.
function word_pattern(word) {
  if (!HANGUL.test(word)) {
    const border = /^[\p{L}\p{N}]{1,2}$/u.test(word) ? "(?<![\\p{L}\\p{N}])" : "";
    return border + [...word.replaceAll("_", "")].map(escaped).join("_?");
  }
  const exact = [...stems(word).at(-1)].join(" ?");
  const syllable = syllable_before_particle(word);
  return syllable ? `(?:${exact}|(?<![가-힣])${syllable}(?=(?:${PARTICLES.join("|")})?(?![가-힣])))` : exact;
}

// Words one after another, with anything but words between them.
const phrase_pattern = (words) => words.map(word_pattern).join("[^\\p{L}\\p{N}]*");

// The first pattern that one of the texts contains.
const first_held = (patterns, texts) => patterns.find((pattern) => texts.some((text) => text.search(pattern) >= 0));

const AT_ONCE = 20; // milliseconds of work, after which the reader's keys come first
const pause = () => new Promise((done) => setTimeout(done));

class BookSearch {
  constructor(MiniSearch, stemmer, { sections, aliases }) {
    this.MiniSearch = MiniSearch;
    this.aliases = aliases;
    this.stemmer = stemmer;
    this.sections = [];
    this.known = new Set();
    this.engine = new MiniSearch({
      fields: ["page", "heading", "names", "reference", "text", "code"],
      extractField: (section, field) => (Array.isArray(section[field]) ? section[field].join("\n") : section[field]),
      tokenize: (text, field) => index_words(text, field, stemmer),
      processTerm: (word) => {
        this.known.add(word);
        return word;
      },
      searchOptions: {
        tokenize: (word) => [word],
        processTerm: (word) => word,
        boost: PLACES,
        boostDocument: (id, word) => {
          if (this.sections[id].reference) return word.startsWith("=") ? 1 : AS_REFERENCE;
          return MINOR.test(this.sections[id].address) ? AS_MINOR : 1;
        },
        bm25: { k: 1.2, b: 0.3, d: 0.3 }, // a long text is punished little
      },
    });
    for (const section of sections) this.add(section);
  }

  add(section) {
    this.engine.add({ id: this.sections.length, ...section });
    this.sections.push(section);
  }

  // The same search with the sections' texts, by address. Making it takes seconds on a phone, so it is
  // made in pieces, and the reader goes on typing.
  async with_texts(texts) {
    const whole = new BookSearch(this.MiniSearch, this.stemmer, { sections: [], aliases: this.aliases });
    let started = performance.now();
    for (const section of this.sections) {
      whole.add({ ...section, ...texts[section.address] });
      if (performance.now() - started < AT_ONCE) continue;
      await pause();
      started = performance.now();
    }
    return whole;
  }

  // The sections that answer a query, the best first. Those that hold all its words are shown, and
  // before them any that score higher; if none holds all, those that hold some.
  find(query) {
    const asked = variants(query, this.aliases).map((text) => this.spelled(words_of(text))).filter((words) => words.length);
    if (!asked.length) return [];
    const queries = asked.flatMap((words) => this.asked(words, AS_CODE.test(query)));
    const found = this.engine.search({ combineWith: "OR", queries });
    const whole = asked.flatMap((words) => this.engine.search({ combineWith: "AND", queries: words.map((word) => this.ask_for(word)) }));
    const holders = new Set(whole.map(({ id }) => id));
    const best = found.findIndex(({ id }) => holders.has(id));
    return found.filter(({ id }, place) => place <= best || best < 0 || holders.has(id)).map(({ id }) => this.sections[id]);
  }

  // What to mark: the query as a phrase, or its words if the phrase does not occur. May be empty.
  mark_patterns(query) {
    const asked = variants(query, this.aliases).map((text) => this.spelled(words_of(text))).filter((words) => words.length);
    return [asked.map(phrase_pattern), asked.flat().map(word_pattern)]
      .filter((patterns) => patterns.length)
      .map((patterns) => new RegExp(patterns.sort((a, b) => b.length - a.length).join("|"), "giu"));
  }

  // What to ask MiniSearch: each word, each pair, the beginning of a heading, and the whole as a name.
  // A name of the library counts if it is written as code writes it.
  asked(words, as_code) {
    const { stemmer } = this;
    const pairs = words.slice(1).map((word, i) => pair(words[i], word, stemmer));
    return [
      ...words.map((word) => this.ask_for(word)),
      ...pairs,
      { queries: [begun(words.slice(0, 2), stemmer)], boost: { heading: PLACES.begun } },
      { queries: [named(words, stemmer)], boost: { names: PLACES.whole, reference: as_code ? PLACES.whole : 1 } },
    ];
  }

  // A word that is not known may be the beginning of one. Of 셀을 the syllable is asked for, too.
  ask_for(word) {
    const syllable = letters(syllable_before_particle(word));
    const known = this.known_form(word) ?? { queries: [letters(whole(word, this.stemmer))], prefix: true };
    return this.known.has(syllable) ? { combineWith: "OR", queries: [known, syllable] } : known;
  }

  // Whether each word of a query is known, so that none has to be corrected or divided.
  knows(query) {
    return variants(query, this.aliases).flatMap((text) => this.telling(words_of(text))).every((word) => this.known_form(word));
  }

  known_form(word) {
    return forms_of(word, this.stemmer).map(letters).findLast((form) => this.known.has(form));
  }

  // The words as the book writes them: 드롭 아웃 joined, mistyped ones corrected, compounds divided. The
  // last one may be the beginning of a word that is still being typed.
  spelled(words) {
    const joined = [];
    for (const word of this.telling(words)) {
      const both = joined.length && joined.at(-1) + word;
      if (both && HANGUL.test(both) && !this.known_form(word) && this.known_form(both)) joined.splice(-1, 1, both);
      else joined.push(word);
    }
    return joined.flatMap((word, i) => {
      if (this.known_form(word)) return [word];
      const stem = letters(whole(word, this.stemmer));
      if (i === joined.length - 1 && this.engine.search({ queries: [stem], prefix: true }).length) return [word];
      return this.corrected(stem) ?? this.divided(word) ?? [word];
    });
  }

  // The words without those that name nothing, if others are left.
  telling(words) {
    const left = words.filter((word) => !OF_QUESTIONS.has(word));
    return left.length ? left : words;
  }

  // The book's word with two letters exchanged, or with one letter that differs: the most frequent.
  corrected(word) {
    const swapped = [...word].map((letter, i) => word.slice(0, i) + (word[i + 1] ?? "") + letter + word.slice(i + 2));
    const known = swapped.find((other) => this.known.has(other));
    if (known) return [known.normalize("NFC")];
    const near = word.length > 3 ? this.engine.search({ queries: [word], fuzzy: 1 }) : [];
    const counts = new Map();
    for (const { terms } of near) for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
    const [best] = [...counts].filter(([term]) => !/^[=^]/.test(term)).sort((one, other) => other[1] - one[1]);
    return best && [best[0].normalize("NFC")];
  }

  // A compound that the book writes as two words: 항등초기화.
  divided(word) {
    const stem = whole(word, this.stemmer);
    for (let i = stem.length - 2; i >= 2; i--) {
      const parts = [stem.slice(0, i), stem.slice(i)];
      if (parts.every((part) => this.known_form(part))) return parts;
    }
    return undefined;
  }
}

if (typeof module !== "undefined") {
  module.exports = { BookSearch, stems, syllable_before_particle, words_of, variants, first_held };
}
