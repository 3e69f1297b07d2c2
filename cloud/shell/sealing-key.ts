import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CloudError } from '../errors.ts'
import { SEALING_KEY_BYTES } from './one-time-passwords.ts'

/**
 * The key that seals secrets in the records, from its file; made, readable to its owner alone, when there is none.
 * @throws CloudError `data-unusable`
 */
export async function sealingKey(path: string): Promise<Uint8Array> {
  try {
    return decode(await readFile(path, 'utf8'), path)
  } catch (error) {
    if (error instanceof CloudError) throw error
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw unusable(error)
  }
  const key = randomBytes(SEALING_KEY_BYTES)
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await writeFile(path, key.toString('base64url'), { mode: 0o600, flag: 'wx', flush: true })
  } catch (error) {
    throw unusable(error)
  }
  return key
}

function decode(text: string, path: string): Uint8Array {
  const key = Buffer.from(text.trim(), 'base64url')
  if (key.length !== SEALING_KEY_BYTES) throw new CloudError('data-unusable', `${path} is not a sealing key`)
  return key
}

const unusable = (error: unknown) =>
  new CloudError('data-unusable', `the sealing key: ${(error as Error).message}`, error)
