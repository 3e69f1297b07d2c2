import { readFile } from 'node:fs/promises'
import { HardwareError } from '../errors.ts'

/**
 * A password: the first line of a file of its own. Neither it nor the file's text ever reaches a message.
 * @param whose for the message
 * @throws HardwareError `secret-unreadable`
 */
export async function readPasswordFile(path: string, whose: string): Promise<string> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? 'unreadable'
    throw new HardwareError('secret-unreadable', `password of ${whose}: ${path}: ${why}`)
  }
  const [password = ''] = text.split(/\r?\n/)
  if (password === '') throw new HardwareError('secret-unreadable', `password of ${whose}: ${path} is empty`)
  return password
}
