import { readFile } from 'node:fs/promises'
import { ControlCredential } from '../dlt645/control.ts'
import { HardwareError } from '../errors.ts'

/**
 * The password and operator code of a breaker, out of a file of their own: they stand in no configuration and no log.
 * @throws HardwareError `secret-unreadable`, naming file and field, never a value
 */
export async function readCredential(path: string): Promise<ControlCredential> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new HardwareError('secret-unreadable', `${path}: ${error.code ?? 'cannot be read'}`)
  })
  const parsed = ControlCredential.safeParse(jsonOf(text))
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map(({ path: field, message }) => `${field.join('.') || 'file'}: ${message}`)
  throw new HardwareError('secret-unreadable', `${path}: ${problems.join('; ')}`)
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
