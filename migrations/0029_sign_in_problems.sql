-- Why somebody could not sign in, under a short code that the person sees and can read aloud. Never challenges, answers, codes or tokens.
CREATE TABLE sign_in_problems (
    -- Such as K7QF3M, without its hyphen.
    code TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    -- 'sign_in', 'register' or 'proof'
    operation TEXT NOT NULL,
    -- A word for what went wrong; where it begins with 'browser_', the browser said so and nobody knows whose it was.
    cause TEXT NOT NULL,
    user_id UUID REFERENCES users (id) ON DELETE SET NULL,
    client_ip TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    -- More, as a JSON object.
    detail TEXT NOT NULL
);
CREATE INDEX sign_in_problems_by_time ON sign_in_problems (at, code);
CREATE INDEX sign_in_problems_by_user ON sign_in_problems (user_id);
