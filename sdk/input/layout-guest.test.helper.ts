/**
 * A Linux guest that is set to one layout after another. Its keymaps are made by Debian's tools from XKB's data
 * (`linux-keyboards`), its compose table from Unicode's decompositions: neither has seen the data that is tested with it.
 */
import { launch } from '../machine/launch.js';
import { GuestMachine } from '../machine/machine.js';
import type { MachineSpec } from '../machine/spec.js';
import { GuestKeyboard } from './keyboard.js';
import type { LAYOUT_NAMES } from './layouts/names.js';

const ASCII = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('');

/** What each language is written with; capitals and accents that take dead keys included. */
const PARAGRAPHS: Readonly<Record<(typeof LAYOUT_NAMES)[number], string>> = {
  us: 'The five boxing wizards jump quickly; "Pack my box," they said.',
  'us-intl': 'Crème brûlée, mañana, Ångström, façade, naïve & déjà vu: ça coûte 5 €. "¿Qué?" ¡Él!',
  dvorak: 'Jackdaws love my big sphinx of quartz; [it] = {dvorak} / 42?',
  uk: 'Quick zephyrs blow, vexing daft Jim: £5 or €6, fiancé & café.',
  de: 'Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich. Ärger, Öl, Übung, Café, Ç: 100 € @ §5 ° µ².',
  fr: 'Dès Noël où un zéphyr haï me vêt de glaçons würmiens, je dîne d’exquis rôtis de boeuf au kir à l’aÿ d’âge mûr. 5 €, £ § µ °, À É ÂÊÎÔÛ äëïöü.',
  es: '¿El pingüino Wenceslao hizo kilómetros bajo exhaustiva lluvia y frío? ¡Añoraba a su querido cachorro! Ñandú, ÁÉÍÓÚ, Çà, ª º, 5 €.',
  latam: '¿Qué pingüino añora la lluvia? ¡Ñandúes, kiwis y exóticos jaguares! ÁÉÍÓÚ Ü ~ ^ `',
  it: 'Quel vituperabile xenofobo zelante assaggia il whisky ed esclama: alleluja! Perché, città, così, però, più, è: £ § ç °, 5 €.',
  pt: 'À noite, vovô Kowalsky vê o ímã cair no pé do pinguim queixoso e vovó põe açúcar no chá de tâmaras do jabuti feliz. «Ç» ª º € ü.',
  'pt-br':
    'Luís argüia à Júlia que «brações, fé, chá, óxido, pôr, zângão» eram palavras do português. ÀÁÂÃÇÉÊÍÓÔÕÚÜ ª º § ¢ £ ¬.',
  se: 'Flygande bäckasiner söka hwila på mjuka tuvor. ÅÄÖ, café, ü, ñ, ½ § ¤ 5 €, £ µ.',
  no: 'Vår sære Zulu fra badeøya spilte jo whist og quickstep i min taxi. ÆØÅ é ü ñ § | 5 €.',
  dk: 'Quizdeltagerne spiste jordbær med fløde, mens cirkusklovnen Wolther spillede på xylofon. ÆØÅ é ü ñ ½ § ¤ 5 €.',
  fi: 'Törkylempijävongahdus, Åke! ÄÖÅ é ü ñ ½ § ¤ 5 €, £ µ.',
  ch: 'Falsches Üben von Xylophonmusik quält jeden größeren Zwerg: éàè ç ÄÖÜ ÉÀ âêîôû ñ § ° £ ¢ ¬ € | @.',
  'ch-fr': 'Voix ambiguë d’un cœur qui au zéphyr préfère les jattes de kiwis: éàè ç öäü ÉÈÀ âêîôû ÄÖÜ § ° £ 5 €.',
  be: 'Portez ce vieux whisky au juge blond qui fume: é à è ç ù µ § ° £ ² ³ âêîôû äëïöü ñ ÂÊ 5 €.',
  ca: 'Voix ambiguë de mon coeur qui au zéphyr préfère les jattes de kiwis: é à è ç ù É À È Ç ÂÊÎÔÛ äëïöü « » ° ¢ £.',
  pl: 'Zażółć gęślą jaźń, pchnąć w tę łódź jeża lub ośm skrzyń fig: ĄĆĘŁŃÓŚŻŹ, 5 €.',
  cz: 'Příliš žluťoučký kůň úpěl ďábelské ódy: ČĎĚŇŘŠŤŽÝÁÍÉÚŮÓ ä ö ü ß § 5 €.',
  hu: 'Árvíztűrő tükörfúrógép: ÁÉÍÓÖŐÚÜŰ äßđŁ§ ÷ × 5 €, č ę ż â.',
  tr: 'Pijamalı hasta yağız şoföre çabucak güvendi: ĞÜŞİÖÇ I ı âîû é 5 ₺ €.',
  jp: 'Waltz, bad nymph, for quick jigs vex; C:\\Users\\_x_ = ~^|@[{}]`:+;*',
  ru: 'Съешь же ещё этих мягких французских булок, да выпей чаю. ЁЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮ №5;%:?*()_+="!/\\|',
};

/** A paragraph for a layout: what its language is written with, then all of ASCII that is on it. */
export function paragraphFor(name: (typeof LAYOUT_NAMES)[number]): string {
  return `${PARAGRAPHS[name]}\n${name === 'ru' ? '1234567890-=\\.,' : ASCII}`;
}

export class LayoutGuest {
  readonly machine: GuestMachine;

  private constructor(machine: GuestMachine) {
    this.machine = machine;
  }

  static async boot(): Promise<LayoutGuest> {
    const machine = await launch({
      kernel: { path: 'linux-keyboards:kernel', initrd: 'linux-keyboards:initrd' },
      memory: 128,
    });
    if (!(machine instanceof GuestMachine)) throw new TypeError('launch() gave another machine');
    await machine.shell.run('true', { timeout: 60_000 });
    return new LayoutGuest(machine);
  }

  /** Types a text and Enter in a layout into a console of its own, which is set to `keymap`; gives what arrived there. */
  async arrived(keymap: string, layout: MachineSpec['layout'], text: string): Promise<string> {
    const { shell } = this.machine;
    const reader = '{ cat <&4 > /tmp/typed & } 4< /dev/tty2';
    const set = await shell.run(`killall cat; chvt 2 && use-keymap ${keymap} && ${reader}`);
    if (set.exitCode !== 0) throw new Error(`The guest was not set to ${keymap}: ${set.stdout}`);
    await this.keyboard(layout).type(`${text}\n`);
    return (await shell.run('killall cat; cat /tmp/typed')).stdout;
  }

  /** A keyboard of the machine that is set to another layout than the machine's. */
  keyboard(layout: MachineSpec['layout']): GuestKeyboard {
    const { machine } = this;
    return new GuestKeyboard({
      spec: { ...machine.spec, layout },
      timeouts: machine.timeouts,
      capabilities: machine.capabilities,
      clock: machine.clock,
      input: (input, options) => machine.input(input, options),
      observe: (question) => machine.observe(question),
      act: (action, run) => machine.act(action, run),
    });
  }
}
