/** What the workers that recognise text are told, and what they answer. */
import type { Grey } from '../../screen/ocr/strip.js';
import type { Recognised } from '../../screen/ocr/rows.js';

export interface WorkerSetup {
  /** Models in tesseract's names with their files (`.traineddata.gz`). */
  models: { language: string; file: string }[];
}

/** A prepared line to read. */
export interface WorkerJob {
  image: Grey;
}

export type WorkerAnswer = { kind: 'read'; words: Recognised[] } | { kind: 'failed'; message: string };
