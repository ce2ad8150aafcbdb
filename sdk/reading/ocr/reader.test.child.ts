/** Reads a picture once and does not dispose of the reader: the process has to end all the same. */
import { readFileSync } from 'node:fs';
import { crop } from '../../screen/picture.js';
import { decodePng } from '../png.js';
import { OcrReader } from './reader.js';

const screen = decodePng(readFileSync('sdk/screen/screens/gtk1024.png'), 'gtk1024.png');
const rows = await new OcrReader({ languages: ['eng'] }).read(crop(screen, { x: 0, y: 80, width: 220, height: 30 }));
console.log(rows.map(({ text }) => text).join('\n'));
