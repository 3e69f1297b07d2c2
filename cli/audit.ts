/** `minewarden audit export` and `minewarden audit verify`: the audit log as one file, and what became of it. */
import { createReadStream, createWriteStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { exportAuditLog } from '@minewarden/cloud/main.ts'
import { type AuditVerdict, verifyExport } from '@minewarden/cloud/shell/audit-verification.ts'
import { KeySet } from '@minewarden/protocol/jws.ts'
import { CliError } from './errors.ts'

/** Writes the export of a fleet manager's log. A file that is there already is not overwritten. @throws CliError `file-unusable` */
export async function exportTo(configPath: string, out: string): Promise<void> {
  const lines = await exportAuditLog(configPath, userInfo().username)
  await pipeline(Readable.from(lines), createWriteStream(out, { flags: 'wx', mode: 0o600 })).catch(unusable(out))
}

export interface VerifyOptions {
  /** Files: a JWKS with the keys that are trusted, copies of the checkpoints, orders as power companies have them. */
  readonly keys?: string
  readonly checkpoints?: string
  readonly order?: readonly string[]
  readonly json: boolean
}

/**
 * Verifies an export and prints what was found. @returns the exit code: 0 nothing was changed, 1 something was
 * @throws CliError `file-unusable`
 */
export async function verifyFile(path: string, options: VerifyOptions, print: (text: string) => void): Promise<number> {
  const orders = await Promise.all((options.order ?? []).map((file) => readText(file)))
  const verdict = await verifyExport(
    createReadStream(path).on('error', () => {}),
    {
      keys: options.keys === undefined ? null : await readKeys(options.keys),
      checkpoints: options.checkpoints === undefined ? [] : linesOf(await readText(options.checkpoints)),
      orders: orders.flatMap(linesOf),
    },
  ).catch(unusable(path))
  if ((verdict.counts.header ?? 0) + (verdict.counts.entry ?? 0) + (verdict.counts.seal ?? 0) === 0)
    throw new CliError('file-unusable', `${path}: not an export of an audit log`)
  print(options.json ? `${JSON.stringify(verdict)}\n` : `${inWords(verdict).join('\n')}\n`)
  return verdict.intact ? 0 : 1
}

function inWords({
  counts,
  head,
  signedUpTo,
  sealedAt,
  issuer,
  keys,
  witnesses,
  problems,
  intact,
}: AuditVerdict): string[] {
  const trust = { true: 'trusted', false: 'NOT TRUSTED', null: 'compare it with the fingerprint that you were given' }
  const count = (kind: string) => counts[kind] ?? 0
  return [
    `Issuer ${issuer ?? 'unknown'}, sealed ${sealedAt ?? 'never'}`,
    ...keys.map(({ kid, trusted }) => `Key ${kid}: ${trust[`${trusted}`]}`),
    `${count('entry')} entries up to ${head?.hash ?? 'none'}, signed up to entry ${signedUpTo} by ${count('checkpoint')} checkpoints`,
    `${count('order')} orders, ${count('answer')} answers, ${count('evidence')} pieces of evidence`,
    `Held against witnesses from elsewhere: ${witnesses.agreeing} agree, ${witnesses.later} are of later than this export`,
    ...problems.map(({ line, place, reason }) => `${line > 0 ? `line ${line}: ` : ''}${place}: ${reason}`),
    intact ? 'Nothing was changed.' : `CHANGED: ${problems.length} problems.`,
  ]
}

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line.trim() !== '')

async function readKeys(path: string): Promise<KeySet> {
  try {
    return KeySet.parse(JSON.parse(await readText(path)))
  } catch (error) {
    throw new CliError('file-unusable', `${path}: no set of public keys (JWKS)`, error)
  }
}

const readText = (path: string): Promise<string> => readFile(path, 'utf8').catch(unusable(path))

const unusable = (path: string) => (error: Error) => {
  if (!('code' in error) || error instanceof CliError) throw error
  throw new CliError('file-unusable', `${path}: ${error.message}`, error)
}
