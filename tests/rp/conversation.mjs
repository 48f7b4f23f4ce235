// The program's half of the conversation; see README.md. Stands before each of the programs here.
import { createInterface } from 'node:readline'

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const hear = async () => JSON.parse((await lines.next()).value)
const say = (line) => new Promise((said) => process.stdout.write(`${JSON.stringify(line)}\n`, said))
const told = await hear()

async function browse(url) {
  await say({ go: String(url) })
  return new URL((await hear()).back)
}

async function done(result) {
  await say({ result })
  process.exit(0)
}
