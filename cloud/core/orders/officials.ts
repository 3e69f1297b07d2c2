import { type Approval, foldName } from '@minewarden/protocol/order.ts'
import type { User } from '../ports.ts'

/** Whether who approved is, by this list of users, still the official of that approval. @param users `undefined`: all are */
export const officialsAmong =
  (users: readonly User[] | undefined) =>
  ({ user, department, role }: Approval): boolean =>
    users === undefined ||
    users.some((one) => one.id === user && one.role === role && foldName(one.department) === foldName(department))
