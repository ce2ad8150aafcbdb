/** What Playwright's option `video` asks for, decided for one test: it means for machines what it means for pages. */
import type { PlaywrightWorkerOptions, VideoMode, ViewportSize } from '@playwright/test';

export type VideoOption = PlaywrightWorkerOptions['video'];

/** How a test stands to its retries. */
export interface Attempt {
  /** 0 for the first. */
  retry: number;
}

function modeOf(option: VideoOption): VideoMode {
  const mode = typeof option === 'string' ? option : option.mode;
  return mode === 'retry-with-video' ? 'on-first-retry' : mode;
}

/** Whether the machines of a test are filmed, which has to be decided before it runs. */
export function isFilmed(option: VideoOption, { retry }: Attempt): boolean {
  switch (modeOf(option)) {
    case 'on':
    case 'retain-on-failure':
    case 'retain-on-failure-and-retries':
      return true;
    case 'on-first-retry':
      return retry === 1;
    case 'on-all-retries':
      return retry > 0;
    case 'retain-on-first-failure':
      return retry === 0;
    case 'off':
      return false;
  }
}

/** Whether the videos of a test that was filmed are made and kept, when it has ended. */
export function isKept(option: VideoOption, { retry, failed }: Attempt & { failed: boolean }): boolean {
  switch (modeOf(option)) {
    case 'on':
    case 'on-first-retry':
    case 'on-all-retries':
      return true;
    case 'retain-on-failure':
    case 'retain-on-first-failure':
      return failed;
    case 'retain-on-failure-and-retries':
      return failed || retry > 0;
    case 'off':
      return false;
  }
}

/** Null: as large as the largest screen. */
export function sizeOf(option: VideoOption): ViewportSize | null {
  return typeof option === 'string' ? null : (option.size ?? null);
}
