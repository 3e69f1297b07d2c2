import { randomBytes } from 'node:crypto'

/** Tags, branches and Call-IDs must not be guessed: who knows them can answer in another's name. */
export const token = () => randomBytes(12).toString('hex')
