-- Items that look alike and are not one.

create table apart_versions (                -- said by a person; not suggested again
    change_id bigint not null,
    item_id   bigint not null,               -- the smaller number of the two
    other_id  bigint not null,
    active    boolean not null default true,
    gone      boolean not null default false
);
