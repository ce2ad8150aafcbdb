/** What people do with fonts of the catalogue: list and make them. */
import { buildFromRecipe, wantedEntry, type BuildOptions } from '../../images/build.js';
import type { Recipe } from '../../images/recipe.js';
import { contentFolder, isStored } from '../../images/store.js';
import { DEFAULT_FONTS, FONT_RECIPES, recipeOf } from './recipes.js';
import { fontUnknown } from './load.js';

export interface FontListing {
  name: string;
  description: string;
  /** Of the default set: screens are read with it unless the catalogue says otherwise. */
  isDefault: boolean;
}

/** Fonts that come from one package and are made together. */
export interface FontGroupListing {
  name: string;
  description: string;
  fonts: FontListing[];
  /** Whether they are in the cache, as the project wants them. */
  cached: boolean;
  /** Bytes; null as long as nobody knows. */
  size: number | null;
  /** Packages that they are made of, with their versions where they are known. */
  packages: string[];
  /** Whether the project's `images.lock` names them. */
  locked: boolean;
}

export async function listFonts(options: { projectRoot?: string } = {}): Promise<FontGroupListing[]> {
  const listings: FontGroupListing[] = [];
  for (const recipe of FONT_RECIPES) {
    const { binding, preferred } = await wantedEntry(recipe.name, options.projectRoot, 'fonts');
    const entry = binding ?? preferred;
    listings.push({
      name: recipe.name,
      description: recipe.description,
      fonts: Object.entries(recipe.parts).map(([name, { description }]) => ({
        name,
        description,
        isDefault: DEFAULT_FONTS.includes(name),
      })),
      cached: entry !== null && (await isStored(recipe.name, entry.parts, 'fonts')),
      size: entry && Object.values(entry.parts).reduce((sum, { size }) => sum + size, 0),
      packages:
        entry?.source === 'recipe'
          ? entry.packages.map((one) => `${one.name} ${one.version}`)
          : recipe.packages.map((one) => one.name),
      locked: binding !== null,
    });
  }
  return listings;
}

/**
 * Makes fonts, unless the cache has them, and names them in the project's `images.lock`.
 *
 * @param name a font, or the group that is made together
 * @returns paths of the fonts
 * @throws GuestwrightError `usage/font-unknown`, `infrastructure/image-drift`, `infrastructure/package-missing`, …
 */
export async function buildFonts(name: string, options: BuildOptions = {}): Promise<string[]> {
  const recipe = groupOf(name);
  if (recipe === undefined) throw fontUnknown(name);
  const { parts } = await buildFromRecipe(recipe, options);
  const folder = contentFolder(recipe.name, parts, 'fonts');
  return Object.keys(parts).map((part) => `${folder}/${part}`);
}

function groupOf(name: string): Recipe | undefined {
  return FONT_RECIPES.find((recipe) => recipe.name === name) ?? recipeOf(name);
}
