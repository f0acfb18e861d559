import type { DirectorySource } from './directory-source.ts';
import { MysqlSource } from './mysql-source.ts';
import { PostgresSource } from './postgres-source.ts';

/** The source behind an address that the configuration has checked. */
export function sourceOf(options: { readonly url: string; readonly query: string }): DirectorySource {
  return /^postgres(ql)?:/.test(options.url) ? new PostgresSource(options) : new MysqlSource(options);
}
