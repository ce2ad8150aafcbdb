/** Reads a picture by recognising it: finds lines, prepares each, has them recognised, makes rows of the answers. */
import type { Region } from '../content.js';
import type { TextRow } from '../page.js';
import { clampRegion, type Picture } from '../picture.js';
import { findGrounds } from './grounds.js';
import { findLines, type Line } from './lines.js';
import { findMarks } from './marks.js';
import { digestOf, type Memo } from './memo.js';
import { placeWords, rowsOf, type Recognised } from './rows.js';
import { prepareStrip, type Grey, type Strip } from './strip.js';

/** Recognises one prepared line; places in its pixels. */
export type Recognise = (image: Grey) => Promise<Recognised[]>;

/**
 * @param areas only these parts; none of them means the whole picture
 * @param memo answers for lines that look as they did: pass the same one each time. It holds promises, so that what is
 *   being read is not read twice.
 */
export async function readPicture(
  picture: Picture,
  recognise: Recognise,
  memo: Memo<Promise<Recognised[]>>,
  areas: readonly Region[] = [{ x: 0, y: 0, width: picture.width, height: picture.height }],
): Promise<TextRow[]> {
  const lines = areas.flatMap((area) => {
    const inside = clampRegion(area, picture);
    return inside === null ? [] : linesIn(picture, inside);
  });
  return rowsOf(
    await Promise.all(
      lines.map(async (line) => {
        const strip = prepareStrip(picture, line);
        return placeWords(line, strip, await recall(memo, strip, recognise));
      }),
    ),
  );
}

/** The lines of text in an area, whole pixels inside the picture. */
export function linesIn(picture: Picture, area: Region): Line[] {
  return findLines(findMarks(picture, findGrounds(picture, area)));
}

function recall(memo: Memo<Promise<Recognised[]>>, strip: Strip, recognise: Recognise): Promise<Recognised[]> {
  const key = digestOf(strip.image);
  const known = memo.get(key);
  if (known !== undefined) return known;
  const answer = recognise(strip.image);
  memo.set(key, answer);
  // A failure is not remembered: the next read tries again.
  answer.catch(() => memo.delete(key));
  return answer;
}
