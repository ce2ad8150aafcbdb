/** The thread that recognises: loads tesseract once, then answers one job after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import { readAtScales } from '../../screen/ocr/scales.js';
import { MARGIN } from '../../screen/ocr/strip.js';
import type { WorkerAnswer, WorkerJob, WorkerSetup } from './protocol.js';
import { Tesseract } from './tesseract.js';

const port = parentPort;
if (port === null) throw new Error('worker.js is started by workers.js, not by hand');
const { models } = workerData as WorkerSetup;
const tesseract = Tesseract.load(models);
// Who asks is told; until then it is no unhandled rejection.
tesseract.catch(() => undefined);

port.on('message', (job: WorkerJob) => {
  void answer(job).then((message) => port.postMessage(message));
});

async function answer({ image }: WorkerJob): Promise<WorkerAnswer> {
  try {
    const loaded = await tesseract;
    return { kind: 'read', words: readAtScales(image, MARGIN, (enlarged) => loaded.read(enlarged)) };
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
}
