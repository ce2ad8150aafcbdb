/** The thread that makes PNG files of screens: 8 ms each, which no scenario is to wait for. */
import { answerJobs } from '../../sdk/job-thread.js';
import { encodePng } from '../../sdk/reading/png.js';
import type { Picture } from '../../sdk/screen/picture.js';

answerJobs((picture: Picture): Uint8Array => encodePng(picture));
