export { OcrReader, type OcrOptions } from './reader.js';
