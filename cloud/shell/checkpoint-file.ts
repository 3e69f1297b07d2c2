import { open, readFile } from 'node:fs/promises'
import { CloudError } from '../errors.ts'

/** The copy of the checkpoints outside of the database: one compact JWS a line, only ever appended to. */
export interface CheckpointFile {
  /** Whole lines; those that a power cut tore are left out. */
  read(): Promise<string[]>
  /** On the disk when it resolves. @throws CloudError `data-unusable` */
  append(jws: string): Promise<void>
}

/** Ends with the signature whole: a line that a power cut tore does not, and is completed from the other copy. */
const COMPACT_JWS = /^[\w-]+\.[\w-]+\.[\w-]{86}$/
/** Larger is none of ours: some 600 bytes a checkpoint, at most 35,000 a year in quiet years. */
const MAX_BYTES = 512 * 1024 * 1024

export function createCheckpointFile(path: string): CheckpointFile {
  return {
    async read() {
      const text = await readFile(path, 'utf8').catch(nothingThere)
      if (text.length > MAX_BYTES) throw new CloudError('data-unusable', `${path}: larger than ${MAX_BYTES} bytes`)
      return text.split('\n').filter((line) => COMPACT_JWS.test(line))
    },
    async append(jws) {
      const file = await open(path, 'a+', 0o600).catch(unusable(path))
      try {
        const { size } = await file.stat()
        const torn = size > 0 && (await lastByte(file, size)) !== '\n'
        await file.appendFile(`${torn ? '\n' : ''}${jws}\n`)
        await file.sync()
      } finally {
        await file.close()
      }
    },
  }
}

async function lastByte(file: Awaited<ReturnType<typeof open>>, size: number): Promise<string> {
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1)
  return buffer.toString('latin1')
}

function nothingThere(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return ''
  throw new CloudError('data-unusable', error.message, error)
}

const unusable = (path: string) => (error: Error) => {
  throw new CloudError('data-unusable', `${path}: ${error.message}`, error)
}
