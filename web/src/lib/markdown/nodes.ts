// What an answer consists of once it is read: plain data, holding nothing a screen could run or load by itself.

export type Inline =
  | { type: 'text'; text: string }
  | { type: 'strong' | 'em' | 'del'; children: Inline[] }
  | { type: 'code'; text: string }
  | { type: 'break' }
  | {
      type: 'link';
      href: string;
      /** Shown behind the words when they don't say it. */ host: string | null;
      children: Inline[];
    }
  | {
      type: 'image';
      /** Null if the address is of no kind that may be opened. */ href: string | null;
      host: string | null;
      alt: string;
    }
  | { type: 'math'; text: string; display: boolean };

export type Align = 'left' | 'right' | 'center' | null;

export interface ListItem {
  /** Null unless it is a task. */
  checked: boolean | null;
  children: Block[];
}

export type Block =
  | { type: 'paragraph'; /** In a tight list: no space around it. */ tight: boolean; children: Inline[] }
  | { type: 'heading'; depth: number; children: Inline[] }
  | { type: 'quote'; children: Block[] }
  | { type: 'list'; ordered: boolean; start: number; items: ListItem[] }
  | { type: 'code'; language: string; text: string; /** Its last line has come. */ closed: boolean }
  | { type: 'table'; align: Align[]; header: Inline[][]; rows: Inline[][][] }
  | { type: 'rule' }
  | { type: 'math'; text: string };
