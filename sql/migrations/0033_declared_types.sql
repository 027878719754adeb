-- migrate:up

-- As what a file was declared that is something else, by image and by the picture that it came with: where the image shows
-- another one, or the same again, it says nothing, or the same. It goes with the image, whoever removes that.
create table image_declared_type (
    image_id bigint not null references image on delete cascade,
    picture_id bigint not null,
    media_type text not null check (length(media_type) between 1 and 100),
    primary key (image_id, picture_id)
);

-- migrate:down
drop table image_declared_type;
