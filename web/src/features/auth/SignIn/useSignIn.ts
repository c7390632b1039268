import { useState, type RefObject, type SubmitEvent } from "react";
import { useTask } from "../../../ui/hooks/useTask.ts";

export interface SignInForm {
  readonly identifier: string;
  readonly setIdentifier: (identifier: string) => void;
  readonly password: string;
  readonly setPassword: (password: string) => void;
  readonly missing: "identifier" | "password" | undefined;
  readonly running: boolean;
  readonly error: unknown;
  readonly submit: (event: SubmitEvent) => void;
}

/** The two fields, so that the focus can go where help is needed. */
export interface SignInInputs {
  readonly identifier: RefObject<HTMLInputElement | null>;
  readonly password: RefObject<HTMLInputElement | null>;
}

/** The sign-in form: what is typed, what is missing, what went wrong. */
export function useSignIn(
  signIn: (identifier: string, password: string) => Promise<void>,
  inputs: SignInInputs,
): SignInForm {
  const [identifier, setIdentifier] = useState("");
  const [password, setPassword] = useState("");
  const [missing, setMissing] = useState<"identifier" | "password">();
  const task = useTask(signIn);

  const submit = async (): Promise<void> => {
    const name = identifier.trim();
    const lacking = name === "" ? "identifier" : password === "" ? "password" : undefined;
    setMissing(lacking);
    if (lacking === "identifier") inputs.identifier.current?.focus();
    else if (lacking === "password") inputs.password.current?.focus();
    else if (!(await task.run(name, password))) inputs.password.current?.select();
  };

  return {
    identifier,
    setIdentifier,
    password,
    setPassword,
    missing,
    running: task.running,
    error: task.error,
    submit: (event) => {
      event.preventDefault();
      void submit();
    },
  };
}
