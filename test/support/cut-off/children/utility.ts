/** The power company as a process that can be killed at any moment: `utility.ts CONFIG`. */
import { runUtility } from '@minewarden/utility/main.ts'

process.on('disconnect', () => process.exit(0))
await runUtility(process.argv[2] ?? '', new AbortController().signal, { onReady: () => process.send?.('ready') })
