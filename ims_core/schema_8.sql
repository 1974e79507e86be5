-- Days on which the shop is closed.

create table closed_versions (
    change_id bigint not null,
    day       date not null,
    reason    varchar not null,
    active    boolean not null default true,
    gone      boolean not null default false
);
