-- People and devices.

create table people_versions (               -- accounts; the name is the key, because changes carry it
    change_id bigint not null,
    name      varchar not null,
    role      varchar not null check (role in ('viewer', 'staff', 'manager', 'owner')),
    email     varchar,                       -- by which a company's sign-in (OpenID Connect) knows the person
    active    boolean not null default true,
    gone      boolean not null default false
);

create table secret_versions (               -- never taken back by an undo: an old password must not come alive again
    change_id bigint not null,
    name      varchar not null,
    hash      varchar not null,              -- Argon2id; empty where nobody set a password
    stamp     varchar not null               -- carried by every session; a new one ends them all
);

create table token_versions (                -- devices that ask over the API
    change_id bigint not null,
    hash      varchar not null,              -- SHA-256 of the token, which nobody keeps
    name      varchar not null,
    role      varchar not null check (role in ('viewer', 'staff', 'manager')),
    active    boolean not null default true
);
