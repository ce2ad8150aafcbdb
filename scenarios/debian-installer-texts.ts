/**
 * What Debian's installer says, by locale, and what the scenario answers. A further language is a further entry here and
 * in `playwright.installer.config.ts`, which names the keyboard layout.
 */

/** A dialog as it is recognised: what stands in its frame, a sentence of its text, and what it asks. */
export interface Dialog {
  title: string;
  text: string;
  question: string;
}

export interface InstallerTexts {
  /** As the first dialog, which is in English for everybody, lists the language. */
  language: { english: string; own: string };
  location: Dialog & { answer: string };
  keyboard: Dialog & { answer: string };
  nameServers: Dialog;
  hostName: Dialog;
  domain: Dialog;
  mirror: Dialog;
}

export const texts: Readonly<Record<string, InstallerTexts>> = {
  'en-GB': {
    language: { english: 'English', own: 'English' },
    location: {
      title: 'Select your location',
      text: 'Normally this should be the country where you live.',
      question: 'Country, territory or area:',
      answer: 'United Kingdom',
    },
    keyboard: {
      title: 'Configure the keyboard',
      text: 'Keymap to use:',
      question: 'Keymap to use:',
      answer: 'British English',
    },
    nameServers: {
      title: 'Configure the network',
      text: "If you don't want to use any name server, just leave this field blank.",
      question: 'Name server addresses:',
    },
    hostName: {
      title: 'Configure the network',
      text: 'The hostname is a single word that identifies your system to the network.',
      question: 'Hostname:',
    },
    domain: {
      title: 'Configure the network',
      text: 'The domain name is the part of your Internet address to the right of your host name.',
      question: 'Domain name:',
    },
    mirror: {
      title: 'Choose a mirror of the Debian archive',
      text: 'The goal is to find a mirror of the Debian archive that is close to you on the network',
      question: 'Debian archive mirror country:',
    },
  },
  'de-AT': {
    language: { english: 'German', own: 'Deutsch' },
    location: {
      title: 'Auswählen des Standorts',
      text: 'Wählen Sie »weitere«, falls Ihr Standort nicht aufgeführt ist.',
      question: 'Land oder Gebiet:',
      answer: 'Österreich',
    },
    keyboard: {
      title: 'Tastatur konfigurieren',
      text: 'Wählen Sie das Layout der Tastatur aus:',
      question: 'Wählen Sie das Layout der Tastatur aus:',
      answer: 'Deutsch',
    },
    nameServers: {
      title: 'Netzwerk einrichten',
      text: 'Wenn Sie keine Nameserver benutzen möchten, lassen Sie dieses Feld bitte einfach leer.',
      question: 'Adresse des DNS-Servers:',
    },
    hostName: {
      title: 'Netzwerk einrichten',
      text: 'Der Rechnername ist ein einzelnes Wort; über ihn wird Ihr Rechner im Netzwerk identifiziert.',
      question: 'Rechnername:',
    },
    domain: {
      title: 'Netzwerk einrichten',
      text: 'Wenn Sie ein lokales Heimnetz aufbauen, ist es egal, was Sie angeben.',
      question: 'Domain-Name:',
    },
    mirror: {
      title: 'Spiegelserver für das Debian-Archiv wählen',
      text: 'beachten Sie aber, dass nahegelegene Länder, oder sogar Ihr eigenes Land, nicht unbedingt die beste Wahl sein müssen.',
      question: 'Land des Debian-Archiv-Spiegelservers:',
    },
  },
};
