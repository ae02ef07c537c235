// Finding the code among the mails that a stack on the own machine has written.
import { expect, it } from 'vitest';
import { codeFor, localMails, type Mail } from './local_mail';

const mail = (to: string, text: string): Mail => ({ to: [to], subject: '', text });
const answering = (status: number, content: unknown) => () =>
  Promise.resolve(new Response(JSON.stringify(content), { status }));

it('asks nobody where mails really travel', async () => {
  let asked = false;
  const fetch = () => ((asked = true), answering(200, [])());
  expect(await localMails('chat.example.org', fetch)).toBeNull();
  expect(asked).toBe(false);
});

it('reads the mails on the own machine', async () => {
  const mails = [{ ...mail('a@b.example', 'Your code is 123456'), sent_at: 1 }];
  expect(await localMails('localhost', answering(200, mails))).toMatchObject([{ to: ['a@b.example'] }]);
});

it('knows a server without such a page by its answer', async () => {
  expect(await localMails('localhost', answering(404, {}))).toBeNull();
  expect(await localMails('localhost', answering(200, { page: 'an app' }))).toBeNull();
});

it('takes the code of the newest mail to the address alone', () => {
  const mails = [
    mail('B@x.example', 'code 222222'),
    mail('a@x.example', 'code 111111'),
    mail('a@x.example', '000000'),
  ];
  expect(codeFor(' A@x.example', mails)).toBe('111111');
  expect(codeFor('c@x.example', mails)).toBeNull();
});

it('finds none if that mail says that there is an account', () => {
  expect(
    codeFor('a@x.example', [mail('a@x.example', 'It has one already.'), mail('a@x.example', '111111')]),
  ).toBeNull();
});
