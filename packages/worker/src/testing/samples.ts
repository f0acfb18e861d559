import { readdirSync, readFileSync } from 'node:fs';

const DIRECTORY = new URL('../../../simulator/samples/', import.meta.url);

/** The text of an invented answer, as the platform's wire would hold it. */
export const sampleText = (name: string): string => readFileSync(new URL(name, DIRECTORY), 'utf8');

export const sampleNames = (): string[] => readdirSync(DIRECTORY).sort();

/** Uid of the account that all samples belong to. */
export const SELF = '1935502847716204';
/** A moment after everything in the samples. */
export const SEEN_AT = 1_773_281_000_000;
