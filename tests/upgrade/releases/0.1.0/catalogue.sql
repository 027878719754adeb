--
-- PostgreSQL database dump
--


-- Dumped from database version 18.4
-- Dumped by pg_dump version 18.4

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: pgqueuer_status; Type: TYPE; Schema: public; Owner: -
--

CREATE TYPE public.pgqueuer_status AS ENUM (
    'queued',
    'picked',
    'successful',
    'exception',
    'canceled',
    'deleted',
    'failed'
);


--
-- Name: changed_accounts(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.changed_accounts() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    perform pg_notify('catalogue_change', 'accounts');
    return null;
end
$$;


--
-- Name: changed_everything(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.changed_everything() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    perform pg_notify('catalogue_change', '*');
    return null;
end
$$;


--
-- Name: changed_image_store(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.changed_image_store() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    perform notify_families(families_of_products(
        array(select i.product_id from changed c join image i on i.id = c.image_id)));
    return null;
end
$$;


--
-- Name: changed_path(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.changed_path() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    if exists (
        select from former f join changed c using (path) where f.withdrawn_at is null and c.withdrawn_at is not null
    ) then
        perform pg_notify('catalogue_change', 'paths');
    end if;
    return null;
end
$$;


--
-- Name: changed_picture(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.changed_picture() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    perform notify_families(families_of_pictures(array(select id from changed)));
    return null;
end
$$;


--
-- Name: changed_picture_text(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.changed_picture_text() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    perform notify_families(families_of_pictures(array(select picture_id from changed)));
    return null;
end
$$;


--
-- Name: changed_product(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.changed_product() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    if exists (select from changed) then
        perform notify_families(array(select coalesce(parent_id, id) from changed));
        perform pg_notify('catalogue_change', 'addresses');
    end if;
    return null;
end
$$;


--
-- Name: changed_product_detail(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.changed_product_detail() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    if exists (select from changed) then
        perform notify_families(families_of_products(array(select product_id from changed)));
        perform pg_notify('catalogue_change', 'addresses');
    end if;
    return null;
end
$$;


--
-- Name: changed_products_of_rows(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.changed_products_of_rows() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    perform notify_families(families_of_products(array(select product_id from changed)));
    return null;
end
$$;


--
-- Name: changed_set_link(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.changed_set_link() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    perform notify_families(families_of_products(
        array(select s.product_id from changed c join image_set s on s.id = c.set_id)));
    return null;
end
$$;


--
-- Name: families_of_pictures(bigint[]); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.families_of_pictures(pictures bigint[]) RETURNS bigint[]
    LANGUAGE sql STABLE
    AS $$
    select families_of_products(array(
        select product_id from image where picture_id = any (pictures) and deleted_at is null
        union
        select s.product_id from image_set_link l join image_set s on s.id = l.set_id where l.picture_id = any (pictures)
    ))
$$;


--
-- Name: families_of_products(bigint[]); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.families_of_products(products bigint[]) RETURNS bigint[]
    LANGUAGE sql STABLE
    AS $$
    select array(select coalesce(parent_id, id) from product where id = any (products))
$$;


--
-- Name: fn_pgqueuer_changed(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.fn_pgqueuer_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    to_emit BOOLEAN := false;  -- Flag to decide whether to emit a notification
BEGIN
    -- Check operation type and set the emit flag accordingly
    IF TG_OP = 'UPDATE' AND OLD IS DISTINCT FROM NEW THEN
        to_emit := true;
    ELSIF TG_OP = 'DELETE' THEN
        to_emit := true;
    ELSIF TG_OP = 'INSERT' THEN
        to_emit := true;
    ELSIF TG_OP = 'TRUNCATE' THEN
        to_emit := true;
    END IF;

    -- Perform notification if the emit flag is set
    IF to_emit THEN
        PERFORM pg_notify(
            'ch_pgqueuer',
            json_build_object(
                'channel', 'ch_pgqueuer',
                'operation', lower(TG_OP),
                'sent_at', NOW(),
                'table', TG_TABLE_NAME,
                'type', 'table_changed_event'
            )::text
        );
    END IF;

    -- Return appropriate value based on the operation
    IF TG_OP IN ('INSERT', 'UPDATE') THEN
        RETURN NEW;
    ELSIF TG_OP = 'DELETE' THEN
        RETURN OLD;
    ELSE
        RETURN NULL; -- For TRUNCATE and other non-row-specific contexts
    END IF;

END;
$$;


--
-- Name: notify_families(bigint[]); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.notify_families(families bigint[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
    distinct_families bigint[] := array(select distinct f from unnest(families) f where f is not null order by f);
    chunk integer := 300; -- 300 ids of 19 digits stay below the 8000 bytes of a payload
begin
    if cardinality(distinct_families) > 1000 then
        perform pg_notify('catalogue_change', '*');
        return;
    end if;
    for low in 1 .. cardinality(distinct_families) by chunk loop
        perform pg_notify('catalogue_change', array_to_string(distinct_families[low : low + chunk - 1], ','));
    end loop;
end
$$;


--
-- Name: refuse_path_reuse(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.refuse_path_reuse() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    if tg_op = 'DELETE' then
        raise exception 'file path % is never deleted', old.path using errcode = 'restrict_violation';
    end if;
    if old.withdrawn_at is not null and new.withdrawn_at is null then
        raise exception 'file path % was withdrawn for ever', old.path using errcode = 'restrict_violation';
    end if;
    if old.path <> new.path or (new.blob_hash is not null and old.blob_hash <> new.blob_hash) then
        raise exception 'file path % never changes its bytes', old.path using errcode = 'restrict_violation';
    end if;
    return new;
end
$$;


--
-- Name: removed_rendition(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.removed_rendition() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    if exists (select from changed) then
        perform pg_notify('catalogue_change', 'paths');
    end if;
    return null;
end
$$;


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: api_key; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.api_key (
    id bigint NOT NULL,
    key_hash bytea NOT NULL,
    role text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    revoked_at timestamp with time zone,
    CONSTRAINT api_key_key_hash_check CHECK ((length(key_hash) = 32)),
    CONSTRAINT api_key_role_check CHECK ((role = ANY (ARRAY['admin'::text, 'customer'::text])))
);


--
-- Name: api_key_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.api_key ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.api_key_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: blob; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.blob (
    hash bytea NOT NULL,
    size bigint NOT NULL,
    format text NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    frames integer DEFAULT 1 NOT NULL,
    orientation smallint DEFAULT 1 NOT NULL,
    has_alpha boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT blob_format_check CHECK ((format = ANY (ARRAY['jpeg'::text, 'png'::text, 'gif'::text, 'webp'::text, 'avif'::text]))),
    CONSTRAINT blob_frames_check CHECK ((frames > 0)),
    CONSTRAINT blob_hash_check CHECK ((length(hash) = 32)),
    CONSTRAINT blob_height_check CHECK ((height > 0)),
    CONSTRAINT blob_orientation_check CHECK (((orientation >= 1) AND (orientation <= 8))),
    CONSTRAINT blob_size_check CHECK ((size > 0)),
    CONSTRAINT blob_width_check CHECK ((width > 0))
);


--
-- Name: blob_barred; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.blob_barred (
    hash bytea NOT NULL,
    barred_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT blob_barred_hash_check CHECK ((length(hash) = 32))
);


--
-- Name: blob_claim; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.blob_claim (
    id bigint NOT NULL,
    hash bytea NOT NULL,
    claimed_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT blob_claim_hash_check CHECK ((length(hash) = 32))
);


--
-- Name: blob_claim_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.blob_claim ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.blob_claim_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: creation_order; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.creation_order
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: file_path; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.file_path (
    path text NOT NULL,
    blob_hash bytea,
    clean_recipe text,
    withdrawn_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT file_path_path_check CHECK (((path ~ '^/.'::text) AND (path !~ '/\.{0,2}(/|$)'::text) AND (path !~ '[[:cntrl:]\\]'::text))),
    CONSTRAINT file_path_serves_or_is_withdrawn CHECK ((((withdrawn_at IS NULL) = (blob_hash IS NOT NULL)) AND ((blob_hash IS NULL) OR (clean_recipe IS NOT NULL))))
);


--
-- Name: file_path_series; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.file_path_series (
    stem text NOT NULL,
    extension text NOT NULL,
    last integer NOT NULL,
    CONSTRAINT file_path_series_last_check CHECK ((last >= 0))
);


--
-- Name: image; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.image (
    id bigint NOT NULL,
    product_id bigint NOT NULL,
    picture_id bigint NOT NULL,
    imported_picture_id bigint,
    ordinal bigint DEFAULT nextval('public.creation_order'::regclass) NOT NULL,
    file_name text,
    file_path text,
    label text,
    "position" integer,
    excluded boolean,
    file_updated_at timestamp with time zone,
    recipes text[] DEFAULT '{}'::text[] NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    deleted_at timestamp with time zone,
    is_live boolean GENERATED ALWAYS AS ((deleted_at IS NULL)) STORED NOT NULL,
    is_folded boolean DEFAULT false NOT NULL,
    CONSTRAINT image_file_name_check CHECK ((file_name <> ''::text)),
    CONSTRAINT image_id_check CHECK ((id > 0)),
    CONSTRAINT image_position_check CHECK (("position" >= 0))
);


--
-- Name: image_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.image ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.image_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: image_set; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.image_set (
    id bigint NOT NULL,
    product_id bigint NOT NULL,
    name text NOT NULL,
    locale text,
    key text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    is_folded boolean DEFAULT false NOT NULL,
    CONSTRAINT image_set_is_not_the_gallery CHECK ((NOT ((name = 'default'::text) AND (locale IS NULL) AND (key IS NULL)))),
    CONSTRAINT image_set_key_check CHECK ((key <> ''::text)),
    CONSTRAINT image_set_locale_check CHECK ((locale <> ''::text)),
    CONSTRAINT image_set_name_check CHECK (((name <> ''::text) AND (char_length(name) <= 255)))
);


--
-- Name: image_set_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.image_set ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.image_set_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: image_set_link; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.image_set_link (
    id bigint NOT NULL,
    set_id bigint NOT NULL,
    picture_id bigint NOT NULL,
    sort_order integer DEFAULT 0 NOT NULL,
    ordinal bigint DEFAULT nextval('public.creation_order'::regclass) NOT NULL,
    CONSTRAINT image_set_link_sort_order_check CHECK ((sort_order >= 0))
);


--
-- Name: image_set_link_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.image_set_link ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.image_set_link_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: image_store; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.image_store (
    image_id bigint NOT NULL,
    store_view_id integer NOT NULL,
    label text,
    "position" integer,
    excluded boolean,
    hidden boolean DEFAULT false NOT NULL,
    CONSTRAINT image_store_check CHECK ((hidden OR (num_nonnulls(label, "position", excluded) > 0))),
    CONSTRAINT image_store_position_check CHECK (("position" >= 0))
);


--
-- Name: image_type; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.image_type (
    code text NOT NULL,
    rank integer NOT NULL,
    CONSTRAINT image_type_code_check CHECK ((code ~ '^[a-z][a-z0-9_]*$'::text))
);


--
-- Name: image_type_assignment; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.image_type_assignment (
    product_id bigint NOT NULL,
    store_view_id integer,
    type_code text NOT NULL,
    image_id bigint,
    image_is_live boolean GENERATED ALWAYS AS (
CASE
    WHEN (image_id IS NOT NULL) THEN true
    ELSE NULL::boolean
END) STORED
);


--
-- Name: oauth_consumer; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.oauth_consumer (
    key text NOT NULL,
    name text,
    secret bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT oauth_consumer_key_check CHECK ((length(key) = 32))
);


--
-- Name: oauth_nonce; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.oauth_nonce (
    consumer_key text NOT NULL,
    nonce text NOT NULL,
    seen_at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: oauth_token; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.oauth_token (
    token text NOT NULL,
    consumer_key text NOT NULL,
    secret bytea NOT NULL,
    user_type text NOT NULL,
    admin_id integer NOT NULL,
    has_role boolean DEFAULT true NOT NULL,
    privileges text[],
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    revoked_at timestamp with time zone,
    CONSTRAINT oauth_token_privileges_check CHECK ((privileges <@ ARRAY['create'::text, 'retrieve'::text, 'update'::text, 'delete'::text])),
    CONSTRAINT oauth_token_token_check CHECK ((length(token) = 32)),
    CONSTRAINT oauth_token_user_type_check CHECK ((user_type = ANY (ARRAY['admin'::text, 'customer'::text])))
);


--
-- Name: oauth_token_admin_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.oauth_token ALTER COLUMN admin_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.oauth_token_admin_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: pgqueuer; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.pgqueuer (
    id bigint NOT NULL,
    priority integer NOT NULL,
    queue_manager_id uuid,
    created timestamp with time zone DEFAULT now() NOT NULL,
    updated timestamp with time zone DEFAULT now() NOT NULL,
    heartbeat timestamp with time zone DEFAULT now() NOT NULL,
    execute_after timestamp with time zone DEFAULT now() NOT NULL,
    status public.pgqueuer_status NOT NULL,
    entrypoint text NOT NULL,
    dedupe_key text,
    payload bytea,
    headers jsonb,
    attempts integer DEFAULT 0 NOT NULL,
    slot bigint
);


--
-- Name: pgqueuer_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.pgqueuer_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: pgqueuer_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.pgqueuer_id_seq OWNED BY public.pgqueuer.id;


--
-- Name: pgqueuer_log; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.pgqueuer_log (
    id bigint NOT NULL,
    created timestamp with time zone DEFAULT now() NOT NULL,
    job_id bigint NOT NULL,
    status public.pgqueuer_status NOT NULL,
    priority integer NOT NULL,
    entrypoint text NOT NULL,
    traceback jsonb,
    aggregated boolean DEFAULT false
);


--
-- Name: pgqueuer_log_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.pgqueuer_log ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.pgqueuer_log_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: pgqueuer_schedules; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.pgqueuer_schedules (
    id bigint NOT NULL,
    expression text NOT NULL,
    entrypoint text NOT NULL,
    heartbeat timestamp with time zone DEFAULT now() NOT NULL,
    created timestamp with time zone DEFAULT now() NOT NULL,
    updated timestamp with time zone DEFAULT now() NOT NULL,
    next_run timestamp with time zone DEFAULT now() NOT NULL,
    last_run timestamp with time zone,
    status public.pgqueuer_status DEFAULT 'queued'::public.pgqueuer_status
);


--
-- Name: pgqueuer_schedules_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.pgqueuer_schedules_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: pgqueuer_schedules_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.pgqueuer_schedules_id_seq OWNED BY public.pgqueuer_schedules.id;


--
-- Name: pgqueuer_statistics; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.pgqueuer_statistics (
    id bigint NOT NULL,
    created timestamp with time zone DEFAULT date_trunc('sec'::text, now()) NOT NULL,
    count bigint NOT NULL,
    priority integer NOT NULL,
    status public.pgqueuer_status NOT NULL,
    entrypoint text NOT NULL
);


--
-- Name: pgqueuer_statistics_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.pgqueuer_statistics_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: pgqueuer_statistics_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.pgqueuer_statistics_id_seq OWNED BY public.pgqueuer_statistics.id;


--
-- Name: picture; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.picture (
    id bigint NOT NULL,
    blob_hash bytea,
    url_large text,
    url_small text,
    key text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT picture_key_check CHECK ((key <> ''::text)),
    CONSTRAINT picture_shows_something CHECK ((num_nonnulls(blob_hash, url_large, url_small) > 0)),
    CONSTRAINT picture_url_large_check CHECK ((url_large <> ''::text)),
    CONSTRAINT picture_url_small_check CHECK ((url_small <> ''::text))
);


--
-- Name: picture_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.picture ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.picture_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: picture_text; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.picture_text (
    picture_id bigint NOT NULL,
    locale text NOT NULL,
    large text,
    small text,
    CONSTRAINT picture_text_check CHECK ((num_nonnulls(large, small) > 0)),
    CONSTRAINT picture_text_locale_check CHECK ((locale <> ''::text))
);


--
-- Name: product; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.product (
    id bigint NOT NULL,
    sku text NOT NULL,
    sku_key text NOT NULL,
    slug text NOT NULL,
    name text,
    parent_id bigint,
    parent_is_root boolean GENERATED ALWAYS AS (
CASE
    WHEN (parent_id IS NOT NULL) THEN true
    ELSE NULL::boolean
END) STORED,
    is_root boolean GENERATED ALWAYS AS ((parent_id IS NULL)) STORED NOT NULL,
    enabled boolean DEFAULT true NOT NULL,
    visible boolean DEFAULT true NOT NULL,
    supports_images boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT product_id_check CHECK ((id > 0)),
    CONSTRAINT product_sku_check CHECK ((sku <> ''::text)),
    CONSTRAINT product_slug_check CHECK ((slug <> ''::text))
);


--
-- Name: product_former_slug; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.product_former_slug (
    id bigint NOT NULL,
    product_id bigint NOT NULL,
    slug text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: product_former_slug_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.product_former_slug ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.product_former_slug_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: product_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.product ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.product_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: product_website; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.product_website (
    product_id bigint NOT NULL,
    website_id integer NOT NULL
);


--
-- Name: recipe; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.recipe (
    hash text NOT NULL,
    name text NOT NULL,
    box_width integer,
    box_height integer,
    version integer NOT NULL,
    quality jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT recipe_box_height_check CHECK ((box_height > 0)),
    CONSTRAINT recipe_box_width_check CHECK ((box_width > 0)),
    CONSTRAINT recipe_check CHECK (((box_width IS NULL) = (box_height IS NULL)))
);


--
-- Name: rendition; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.rendition (
    blob_hash bytea NOT NULL,
    recipe_hash text NOT NULL,
    format text NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    size bigint NOT NULL,
    etag text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT rendition_format_check CHECK ((format = ANY (ARRAY['jpeg'::text, 'png'::text, 'gif'::text, 'webp'::text, 'avif'::text]))),
    CONSTRAINT rendition_height_check CHECK ((height > 0)),
    CONSTRAINT rendition_size_check CHECK ((size > 0)),
    CONSTRAINT rendition_width_check CHECK ((width > 0))
);


--
-- Name: rendition_failure; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.rendition_failure (
    blob_hash bytea NOT NULL,
    recipe_hash text NOT NULL,
    reason text NOT NULL,
    failed_at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: schema_migrations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.schema_migrations (
    version character varying NOT NULL
);


--
-- Name: store_view; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.store_view (
    id integer NOT NULL,
    code text NOT NULL,
    locale text,
    website_id integer NOT NULL,
    active boolean DEFAULT true NOT NULL,
    is_default boolean DEFAULT false NOT NULL,
    CONSTRAINT store_view_code_check CHECK ((code ~ '^[a-z][a-z0-9_]*$'::text)),
    CONSTRAINT store_view_id_check CHECK ((id > 0)),
    CONSTRAINT store_view_locale_check CHECK ((locale <> ''::text))
);


--
-- Name: website; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.website (
    id integer NOT NULL,
    code text NOT NULL,
    CONSTRAINT website_code_check CHECK ((code <> ''::text))
);


--
-- Name: website_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.website ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.website_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: pgqueuer id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pgqueuer ALTER COLUMN id SET DEFAULT nextval('public.pgqueuer_id_seq'::regclass);


--
-- Name: pgqueuer_schedules id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pgqueuer_schedules ALTER COLUMN id SET DEFAULT nextval('public.pgqueuer_schedules_id_seq'::regclass);


--
-- Name: pgqueuer_statistics id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pgqueuer_statistics ALTER COLUMN id SET DEFAULT nextval('public.pgqueuer_statistics_id_seq'::regclass);


--
-- Data for Name: api_key; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.api_key (id, key_hash, role, created_at, revoked_at) FROM stdin;
1	\\x3eb1bd439947eb762998e566ccc2e099c791118b2f40579cc4f7da2b5061b7f9	admin	2026-11-28 19:46:34.576788+00	\N
\.


--
-- Data for Name: blob; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.blob (hash, size, format, width, height, frames, orientation, has_alpha, created_at) FROM stdin;
\\x2939ccbd3263c3fbea7939f2469eb5e8d5ac08440c5607ef9d59229b43e21a97	2873	png	90	60	1	1	f	2026-11-28 19:47:22.155922+00
\\x55fe0036ae6cd6d392110f42aa1a46e4978cf65b4a23fa7a169bda99740fbb63	6445	jpeg	160	120	1	6	f	2026-11-28 19:47:22.155922+00
\\x798c5b0fd62aef30405763f2f0437f663382ba73707cd7cc18524a7b710516b8	2466	webp	128	96	1	1	f	2026-11-28 19:47:22.155922+00
\\x9bb205fc1d51f94d1a4302fa4d4a8f8e0e396b8dc4562593cc4d47a0fd6d0abb	25703	jpeg	400	300	1	1	f	2026-11-28 19:47:29.712549+00
\\xdf5f942935734faa0c2af3903deb236f9a9475e04c3e0fb542921d71bbf23a5b	6518	png	96	64	1	1	f	2026-11-28 19:47:30.298886+00
\\x1b12516cc98252c7db3a0e063612588f2b6f362c162e12b741defab0495cdf7b	9771	png	80	80	1	1	t	2026-11-28 19:47:30.628138+00
\\x87b8a2f8d018b13e89320b63d9df5c9e366f3cb6aea2a3069c90ae6b846659a7	3645	gif	64	48	3	1	f	2026-11-28 19:47:30.82386+00
\\xf6d761e63c4f34ac4d100ae388253687922aa96179b5a6b36a3ac698793cb112	12386	jpeg	120	120	1	1	f	2026-11-28 19:47:31.438841+00
\.


--
-- Data for Name: blob_barred; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.blob_barred (hash, barred_at) FROM stdin;
\.


--
-- Data for Name: blob_claim; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.blob_claim (id, hash, claimed_at) FROM stdin;
1	\\x2939ccbd3263c3fbea7939f2469eb5e8d5ac08440c5607ef9d59229b43e21a97	2026-11-28 19:47:18.918085+00
2	\\x55fe0036ae6cd6d392110f42aa1a46e4978cf65b4a23fa7a169bda99740fbb63	2026-11-28 19:47:18.954013+00
3	\\x798c5b0fd62aef30405763f2f0437f663382ba73707cd7cc18524a7b710516b8	2026-11-28 19:47:18.937716+00
4	\\x798c5b0fd62aef30405763f2f0437f663382ba73707cd7cc18524a7b710516b8	2026-11-28 19:47:21.620432+00
5	\\x2939ccbd3263c3fbea7939f2469eb5e8d5ac08440c5607ef9d59229b43e21a97	2026-11-28 19:47:21.620775+00
6	\\x55fe0036ae6cd6d392110f42aa1a46e4978cf65b4a23fa7a169bda99740fbb63	2026-11-28 19:47:22.142484+00
7	\\x9bb205fc1d51f94d1a4302fa4d4a8f8e0e396b8dc4562593cc4d47a0fd6d0abb	2026-11-28 19:47:29.642022+00
8	\\x55fe0036ae6cd6d392110f42aa1a46e4978cf65b4a23fa7a169bda99740fbb63	2026-11-28 19:47:30.197605+00
9	\\xdf5f942935734faa0c2af3903deb236f9a9475e04c3e0fb542921d71bbf23a5b	2026-11-28 19:47:30.26687+00
10	\\x2939ccbd3263c3fbea7939f2469eb5e8d5ac08440c5607ef9d59229b43e21a97	2026-11-28 19:47:30.518158+00
11	\\x1b12516cc98252c7db3a0e063612588f2b6f362c162e12b741defab0495cdf7b	2026-11-28 19:47:30.602866+00
12	\\x87b8a2f8d018b13e89320b63d9df5c9e366f3cb6aea2a3069c90ae6b846659a7	2026-11-28 19:47:30.756278+00
13	\\xf6d761e63c4f34ac4d100ae388253687922aa96179b5a6b36a3ac698793cb112	2026-11-28 19:47:31.39747+00
14	\\x9bb205fc1d51f94d1a4302fa4d4a8f8e0e396b8dc4562593cc4d47a0fd6d0abb	2026-11-28 19:47:31.60687+00
15	\\x55fe0036ae6cd6d392110f42aa1a46e4978cf65b4a23fa7a169bda99740fbb63	2026-11-28 19:47:31.77008+00
16	\\x2939ccbd3263c3fbea7939f2469eb5e8d5ac08440c5607ef9d59229b43e21a97	2026-11-28 19:47:31.859036+00
17	\\x9bb205fc1d51f94d1a4302fa4d4a8f8e0e396b8dc4562593cc4d47a0fd6d0abb	2026-11-28 19:47:31.966872+00
18	\\x55fe0036ae6cd6d392110f42aa1a46e4978cf65b4a23fa7a169bda99740fbb63	2026-11-28 19:47:32.062939+00
19	\\x9bb205fc1d51f94d1a4302fa4d4a8f8e0e396b8dc4562593cc4d47a0fd6d0abb	2026-11-28 19:47:32.226919+00
\.


--
-- Data for Name: file_path; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.file_path (path, blob_hash, clean_recipe, withdrawn_at, created_at) FROM stdin;
/v/e/ve2011.jpg	\\x55fe0036ae6cd6d392110f42aa1a46e4978cf65b4a23fa7a169bda99740fbb63	d78f37c1	\N	2026-11-28 19:47:22.155922+00
/o/l/old.png	\\x2939ccbd3263c3fbea7939f2469eb5e8d5ac08440c5607ef9d59229b43e21a97	d78f37c1	\N	2026-11-28 19:47:22.155922+00
/w/i/withdrawn.jpg	\N	\N	2026-11-28 19:47:22.155922+00	2026-11-28 19:47:22.155922+00
/s/h/shade.webp	\\x798c5b0fd62aef30405763f2f0437f663382ba73707cd7cc18524a7b710516b8	d78f37c1	\N	2026-11-28 19:47:22.155922+00
/p/h/photo.jpg	\\x9bb205fc1d51f94d1a4302fa4d4a8f8e0e396b8dc4562593cc4d47a0fd6d0abb	d78f37c1	\N	2026-11-28 19:47:29.712549+00
/m/a/marked.jpg	\\x55fe0036ae6cd6d392110f42aa1a46e4978cf65b4a23fa7a169bda99740fbb63	d78f37c1	\N	2026-11-28 19:47:30.203861+00
/n/o/noted.png	\\xdf5f942935734faa0c2af3903deb236f9a9475e04c3e0fb542921d71bbf23a5b	d78f37c1	\N	2026-11-28 19:47:30.298886+00
/g/r/grey.png	\\x2939ccbd3263c3fbea7939f2469eb5e8d5ac08440c5607ef9d59229b43e21a97	d78f37c1	\N	2026-11-28 19:47:30.544172+00
/c/l/clear.png	\\x1b12516cc98252c7db3a0e063612588f2b6f362c162e12b741defab0495cdf7b	d78f37c1	\N	2026-11-28 19:47:30.628138+00
/s/p/spin.gif	\\x87b8a2f8d018b13e89320b63d9df5c9e366f3cb6aea2a3069c90ae6b846659a7	d78f37c1	\N	2026-11-28 19:47:30.82386+00
/s/q/square.jpg	\\xf6d761e63c4f34ac4d100ae388253687922aa96179b5a6b36a3ac698793cb112	d78f37c1	\N	2026-11-28 19:47:31.438841+00
/i/m/image.jpg	\\x9bb205fc1d51f94d1a4302fa4d4a8f8e0e396b8dc4562593cc4d47a0fd6d0abb	d78f37c1	\N	2026-11-28 19:47:31.628067+00
/i/m/image_2.jpg	\\x55fe0036ae6cd6d392110f42aa1a46e4978cf65b4a23fa7a169bda99740fbb63	d78f37c1	\N	2026-11-28 19:47:31.77469+00
/i/m/image.png	\\x2939ccbd3263c3fbea7939f2469eb5e8d5ac08440c5607ef9d59229b43e21a97	d78f37c1	\N	2026-11-28 19:47:31.872454+00
/n/i/night.jpg	\\x9bb205fc1d51f94d1a4302fa4d4a8f8e0e396b8dc4562593cc4d47a0fd6d0abb	d78f37c1	\N	2026-11-28 19:47:31.979351+00
/d/a/day.jpg	\\x55fe0036ae6cd6d392110f42aa1a46e4978cf65b4a23fa7a169bda99740fbb63	d78f37c1	\N	2026-11-28 19:47:32.066139+00
/g/o/gone.jpg	\\x9bb205fc1d51f94d1a4302fa4d4a8f8e0e396b8dc4562593cc4d47a0fd6d0abb	d78f37c1	\N	2026-11-28 19:47:32.239195+00
\.


--
-- Data for Name: file_path_series; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.file_path_series (stem, extension, last) FROM stdin;
/s/h/shade	webp	0
/p/h/photo	jpg	0
/m/a/marked	jpg	0
/n/o/noted	png	0
/g/r/grey	png	0
/c/l/clear	png	0
/s/p/spin	gif	0
/s/q/square	jpg	0
/i/m/image	jpg	1
/i/m/image	png	0
/n/i/night	jpg	0
/d/a/day	jpg	0
/g/o/gone	jpg	0
\.


--
-- Data for Name: image; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.image (id, product_id, picture_id, imported_picture_id, ordinal, file_name, file_path, label, "position", excluded, file_updated_at, recipes, created_at, updated_at, deleted_at, is_folded) FROM stdin;
705	8	1	\N	1	ve2011.jpg	/v/e/ve2011.jpg	Front	1	\N	2013-06-06 15:44:36+00	{195751cd,0e5b482b,e911599d,638e170f,a7e75571,5a63c744}	2026-11-28 19:47:22.155922+00	2026-11-28 19:47:22.155922+00	\N	f
706	9	2	\N	2	\N	\N	\N	\N	\N	\N	{}	2026-11-28 19:47:22.155922+00	2026-11-28 19:47:22.155922+00	\N	f
707	11	3	\N	3	shade.webp	/s/h/shade.webp	\N	\N	\N	2026-11-28 19:47:22.155922+00	{195751cd,0e5b482b,e911599d,638e170f,a7e75571,5a63c744}	2026-11-28 19:47:22.155922+00	2026-11-28 19:47:22.155922+00	\N	f
708	8	4	\N	4	photo.jpg	/p/h/photo.jpg	Of photo.jpg	2	f	2026-11-28 19:47:29.712549+00	{195751cd,0e5b482b,e911599d,638e170f,a7e75571,5a63c744}	2026-11-28 19:47:29.712549+00	2026-11-28 19:47:29.712549+00	\N	f
709	8	5	\N	5	marked.jpg	/m/a/marked.jpg	Of marked.jpg	3	f	2026-11-28 19:47:30.203861+00	{195751cd,0e5b482b,e911599d,638e170f,a7e75571,5a63c744}	2026-11-28 19:47:30.203861+00	2026-11-28 19:47:30.203861+00	\N	f
710	8	6	\N	6	noted.png	/n/o/noted.png	Of noted.png	4	f	2026-11-28 19:47:30.298886+00	{195751cd,0e5b482b,e911599d,638e170f,a7e75571,5a63c744}	2026-11-28 19:47:30.298886+00	2026-11-28 19:47:30.298886+00	\N	f
711	8	7	\N	7	grey.png	/g/r/grey.png	Of grey.png	5	f	2026-11-28 19:47:30.544172+00	{195751cd,0e5b482b,e911599d,638e170f,a7e75571,5a63c744}	2026-11-28 19:47:30.544172+00	2026-11-28 19:47:30.544172+00	\N	f
712	8	8	\N	8	clear.png	/c/l/clear.png	Of clear.png	6	f	2026-11-28 19:47:30.628138+00	{195751cd,0e5b482b,e911599d,638e170f,a7e75571,5a63c744}	2026-11-28 19:47:30.628138+00	2026-11-28 19:47:30.628138+00	\N	f
713	11	9	\N	9	spin.gif	/s/p/spin.gif	Of spin.gif	1	f	2026-11-28 19:47:30.82386+00	{195751cd,0e5b482b,e911599d,638e170f,a7e75571,5a63c744}	2026-11-28 19:47:30.82386+00	2026-11-28 19:47:30.82386+00	\N	f
714	11	10	\N	10	square.jpg	/s/q/square.jpg	Of square.jpg	2	f	2026-11-28 19:47:31.438841+00	{195751cd,0e5b482b,e911599d,638e170f,a7e75571,5a63c744}	2026-11-28 19:47:31.438841+00	2026-11-28 19:47:31.438841+00	\N	f
715	11	11	\N	11	image.jpg	/i/m/image.jpg	photo.jpg	3	f	2026-11-28 19:47:31.628067+00	{195751cd,0e5b482b,e911599d,638e170f,a7e75571,5a63c744}	2026-11-28 19:47:31.628067+00	2026-11-28 19:47:31.628067+00	\N	f
716	11	12	\N	12	image_2.jpg	/i/m/image_2.jpg	marked.jpg	4	f	2026-11-28 19:47:31.77469+00	{195751cd,0e5b482b,e911599d,638e170f,a7e75571,5a63c744}	2026-11-28 19:47:31.77469+00	2026-11-28 19:47:31.77469+00	\N	f
717	11	13	\N	13	image.png	/i/m/image.png	grey.png	5	f	2026-11-28 19:47:31.872454+00	{195751cd,0e5b482b,e911599d,638e170f,a7e75571,5a63c744}	2026-11-28 19:47:31.872454+00	2026-11-28 19:47:31.872454+00	\N	f
718	11	15	\N	14	day.jpg	/d/a/day.jpg	\N	6	f	2026-11-28 19:47:32.979351+00	{195751cd,0e5b482b,e911599d,638e170f,a7e75571,5a63c744}	2026-11-28 19:47:31.979351+00	2026-11-28 19:47:32.066139+00	\N	f
719	11	16	\N	15	gone.jpg	/g/o/gone.jpg	\N	7	f	2026-11-28 19:47:32.239195+00	{195751cd,0e5b482b,e911599d,638e170f,a7e75571,5a63c744}	2026-11-28 19:47:32.239195+00	2026-11-28 19:47:32.294917+00	2026-11-28 19:47:32.294917+00	f
\.


--
-- Data for Name: image_set; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.image_set (id, product_id, name, locale, key, created_at, is_folded) FROM stdin;
1	8	picto	\N	\N	2026-11-28 19:47:42.558893+00	f
\.


--
-- Data for Name: image_set_link; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.image_set_link (id, set_id, picture_id, sort_order, ordinal) FROM stdin;
1	1	1	0	16
\.


--
-- Data for Name: image_store; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.image_store (image_id, store_view_id, label, "position", excluded, hidden) FROM stdin;
705	2	Vorne	\N	\N	f
718	2	Nacht	\N	\N	f
\.


--
-- Data for Name: image_type; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.image_type (code, rank) FROM stdin;
image	1
small_image	2
thumbnail	3
swatch	4
\.


--
-- Data for Name: image_type_assignment; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.image_type_assignment (product_id, store_view_id, type_code, image_id) FROM stdin;
8	\N	image	705
8	\N	thumbnail	705
11	\N	image	717
11	2	small_image	718
\.


--
-- Data for Name: oauth_consumer; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.oauth_consumer (key, name, secret, created_at) FROM stdin;
cccccccccccccccccccccccccccccccc	\N	\\xdfa711e44b2ea8044dbe9a55791e53745fe1c0331adc32d594f9b67b48225933e42d65edf36f838fa5b610754d56c53ffe3ac9afa26801a39b9d9579	2026-11-28 19:46:46.326518+00
\.


--
-- Data for Name: oauth_nonce; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.oauth_nonce (consumer_key, nonce, seen_at) FROM stdin;
\.


--
-- Data for Name: oauth_token; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.oauth_token (token, consumer_key, secret, user_type, admin_id, has_role, privileges, created_at, revoked_at) FROM stdin;
tttttttttttttttttttttttttttttttt	cccccccccccccccccccccccccccccccc	\\x50052792c540abdc79cd4d4fe277e762fed87d5685613f03e4b7465d63fb1078b98ba95803c760eed92a3702f43d5e707a827f36b9da2bb39257f597	admin	1	t	\N	2026-11-28 19:46:55.226099+00	\N
\.


--
-- Data for Name: pgqueuer; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.pgqueuer (id, priority, queue_manager_id, created, updated, heartbeat, execute_after, status, entrypoint, dedupe_key, payload, headers, attempts, slot) FROM stdin;
\.


--
-- Data for Name: pgqueuer_log; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.pgqueuer_log (id, created, job_id, status, priority, entrypoint, traceback, aggregated) FROM stdin;
1	2026-11-28 19:47:22.155922+00	1	queued	10	render	\N	f
2	2026-11-28 19:47:22.155922+00	2	queued	10	render	\N	f
3	2026-11-28 19:47:22.155922+00	3	queued	10	render	\N	f
4	2026-11-28 19:47:22.481966+00	1	picked	10	render	\N	f
5	2026-11-28 19:47:24.344733+00	2	picked	10	render	\N	f
6	2026-11-28 19:47:24.364176+00	3	picked	10	render	\N	f
7	2026-11-28 19:47:29.412847+00	1	successful	10	render	\N	f
8	2026-11-28 19:47:29.548282+00	3	successful	10	render	\N	f
9	2026-11-28 19:47:29.712549+00	4	queued	10	render	\N	f
10	2026-11-28 19:47:29.840526+00	4	picked	10	render	\N	f
11	2026-11-28 19:47:30.023805+00	4	successful	10	render	\N	f
12	2026-11-28 19:47:30.180325+00	2	successful	10	render	\N	f
13	2026-11-28 19:47:30.203861+00	5	queued	10	render	\N	f
14	2026-11-28 19:47:30.211179+00	5	picked	10	render	\N	f
15	2026-11-28 19:47:30.220446+00	5	successful	10	render	\N	f
16	2026-11-28 19:47:30.298886+00	6	queued	10	render	\N	f
17	2026-11-28 19:47:30.479877+00	6	picked	10	render	\N	f
18	2026-11-28 19:47:30.544172+00	7	queued	10	render	\N	f
19	2026-11-28 19:47:30.557891+00	6	successful	10	render	\N	f
20	2026-11-28 19:47:30.568764+00	7	picked	10	render	\N	f
21	2026-11-28 19:47:30.582494+00	7	successful	10	render	\N	f
22	2026-11-28 19:47:30.628138+00	8	queued	10	render	\N	f
23	2026-11-28 19:47:30.691641+00	8	picked	10	render	\N	f
24	2026-11-28 19:47:30.82386+00	9	queued	10	render	\N	f
25	2026-11-28 19:47:30.860162+00	8	successful	10	render	\N	f
26	2026-11-28 19:47:30.868337+00	9	picked	10	render	\N	f
27	2026-11-28 19:47:31.197032+00	9	successful	10	render	\N	f
28	2026-11-28 19:47:31.438841+00	10	queued	10	render	\N	f
29	2026-11-28 19:47:31.50813+00	10	picked	10	render	\N	f
30	2026-11-28 19:47:31.628067+00	11	queued	10	render	\N	f
31	2026-11-28 19:47:31.677813+00	10	successful	10	render	\N	f
32	2026-11-28 19:47:31.704407+00	11	picked	10	render	\N	f
33	2026-11-28 19:47:31.740882+00	11	successful	10	render	\N	f
34	2026-11-28 19:47:31.77469+00	12	queued	10	render	\N	f
35	2026-11-28 19:47:31.812877+00	12	picked	10	render	\N	f
36	2026-11-28 19:47:31.838646+00	12	successful	10	render	\N	f
37	2026-11-28 19:47:31.872454+00	13	queued	10	render	\N	f
38	2026-11-28 19:47:31.924713+00	13	picked	10	render	\N	f
39	2026-11-28 19:47:31.949496+00	13	successful	10	render	\N	f
40	2026-11-28 19:47:31.979351+00	14	queued	10	render	\N	f
41	2026-11-28 19:47:32.007301+00	14	picked	10	render	\N	f
42	2026-11-28 19:47:32.050593+00	14	successful	10	render	\N	f
43	2026-11-28 19:47:32.066139+00	15	queued	10	render	\N	f
44	2026-11-28 19:47:32.118251+00	15	picked	10	render	\N	f
45	2026-11-28 19:47:32.146384+00	15	successful	10	render	\N	f
46	2026-11-28 19:47:32.239195+00	16	queued	10	render	\N	f
47	2026-11-28 19:47:32.276786+00	16	picked	10	render	\N	f
48	2026-11-28 19:47:32.295904+00	16	successful	10	render	\N	f
\.


--
-- Data for Name: pgqueuer_schedules; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.pgqueuer_schedules (id, expression, entrypoint, heartbeat, created, updated, next_run, last_run, status) FROM stdin;
\.


--
-- Data for Name: pgqueuer_statistics; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.pgqueuer_statistics (id, created, count, priority, status, entrypoint) FROM stdin;
\.


--
-- Data for Name: picture; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.picture (id, blob_hash, url_large, url_small, key, created_at) FROM stdin;
1	\\x55fe0036ae6cd6d392110f42aa1a46e4978cf65b4a23fa7a169bda99740fbb63	\N	\N	\N	2026-11-28 19:47:22.155922+00
2	\N	https://img.example/l.jpg	https://img.example/s.jpg	k1	2026-11-28 19:47:22.155922+00
3	\\x798c5b0fd62aef30405763f2f0437f663382ba73707cd7cc18524a7b710516b8	\N	\N	\N	2026-11-28 19:47:22.155922+00
4	\\x9bb205fc1d51f94d1a4302fa4d4a8f8e0e396b8dc4562593cc4d47a0fd6d0abb	\N	\N	\N	2026-11-28 19:47:29.712549+00
5	\\x55fe0036ae6cd6d392110f42aa1a46e4978cf65b4a23fa7a169bda99740fbb63	\N	\N	\N	2026-11-28 19:47:30.203861+00
6	\\xdf5f942935734faa0c2af3903deb236f9a9475e04c3e0fb542921d71bbf23a5b	\N	\N	\N	2026-11-28 19:47:30.298886+00
7	\\x2939ccbd3263c3fbea7939f2469eb5e8d5ac08440c5607ef9d59229b43e21a97	\N	\N	\N	2026-11-28 19:47:30.544172+00
8	\\x1b12516cc98252c7db3a0e063612588f2b6f362c162e12b741defab0495cdf7b	\N	\N	\N	2026-11-28 19:47:30.628138+00
9	\\x87b8a2f8d018b13e89320b63d9df5c9e366f3cb6aea2a3069c90ae6b846659a7	\N	\N	\N	2026-11-28 19:47:30.82386+00
10	\\xf6d761e63c4f34ac4d100ae388253687922aa96179b5a6b36a3ac698793cb112	\N	\N	\N	2026-11-28 19:47:31.438841+00
11	\\x9bb205fc1d51f94d1a4302fa4d4a8f8e0e396b8dc4562593cc4d47a0fd6d0abb	\N	\N	\N	2026-11-28 19:47:31.628067+00
12	\\x55fe0036ae6cd6d392110f42aa1a46e4978cf65b4a23fa7a169bda99740fbb63	\N	\N	\N	2026-11-28 19:47:31.77469+00
13	\\x2939ccbd3263c3fbea7939f2469eb5e8d5ac08440c5607ef9d59229b43e21a97	\N	\N	\N	2026-11-28 19:47:31.872454+00
14	\\x9bb205fc1d51f94d1a4302fa4d4a8f8e0e396b8dc4562593cc4d47a0fd6d0abb	\N	\N	\N	2026-11-28 19:47:31.979351+00
15	\\x55fe0036ae6cd6d392110f42aa1a46e4978cf65b4a23fa7a169bda99740fbb63	\N	\N	\N	2026-11-28 19:47:32.066139+00
16	\\x9bb205fc1d51f94d1a4302fa4d4a8f8e0e396b8dc4562593cc4d47a0fd6d0abb	\N	\N	\N	2026-11-28 19:47:32.239195+00
\.


--
-- Data for Name: picture_text; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.picture_text (picture_id, locale, large, small) FROM stdin;
\.


--
-- Data for Name: product; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.product (id, sku, sku_key, slug, name, parent_id, enabled, visible, supports_images, created_at, deleted_at) FROM stdin;
8	dress	dress	a-dress	Dress	\N	t	t	t	2026-11-28 19:45:06.551249+00	\N
9	dress-red	dress-red	dress-red	\N	8	t	f	t	2026-11-28 19:45:21.628966+00	\N
10	dress-blue	dress-blue	dress-blue	\N	8	t	t	t	2026-11-28 19:45:33.63634+00	\N
12	old	old	old	\N	\N	f	t	t	2026-11-28 19:46:02.108288+00	\N
11	lamp	lamp	desk-lamp	Lamp	\N	t	t	t	2026-11-28 19:45:48.120788+00	\N
\.


--
-- Data for Name: product_former_slug; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.product_former_slug (id, product_id, slug, created_at) FROM stdin;
1	11	table-lamp	2026-11-28 19:46:09.456599+00
\.


--
-- Data for Name: product_website; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.product_website (product_id, website_id) FROM stdin;
8	1
9	1
10	1
11	1
12	1
\.


--
-- Data for Name: recipe; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.recipe (hash, name, box_width, box_height, version, quality, created_at) FROM stdin;
d78f37c1	clean	\N	\N	1	{}	2026-11-28 19:47:06.093707+00
195751cd	large	1200	1200	1	{"avif": 67, "jpeg": 82, "webp": 80}	2026-11-28 19:47:06.093707+00
0e5b482b	spree-large	600	600	1	{"avif": 67, "jpeg": 82, "webp": 80}	2026-11-28 19:47:06.093707+00
e911599d	small	300	300	1	{"avif": 67, "jpeg": 82, "webp": 80}	2026-11-28 19:47:06.093707+00
638e170f	spree-product	240	240	1	{"avif": 67, "jpeg": 82, "webp": 80}	2026-11-28 19:47:06.093707+00
a7e75571	spree-small	100	100	1	{"avif": 67, "jpeg": 82, "webp": 80}	2026-11-28 19:47:06.093707+00
5a63c744	spree-mini	48	48	1	{"avif": 67, "jpeg": 82, "webp": 80}	2026-11-28 19:47:06.093707+00
\.


--
-- Data for Name: rendition; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.rendition (blob_hash, recipe_hash, format, width, height, size, etag, created_at) FROM stdin;
\\x2939ccbd3263c3fbea7939f2469eb5e8d5ac08440c5607ef9d59229b43e21a97	d78f37c1	png	90	60	2873	2939ccbd3263c3fbea7939f2469eb5e8d5ac08440c5607ef9d59229b43e21a97	2026-11-28 19:47:29.26334+00
\\x2939ccbd3263c3fbea7939f2469eb5e8d5ac08440c5607ef9d59229b43e21a97	195751cd	png	90	60	2873	2939ccbd3263c3fbea7939f2469eb5e8d5ac08440c5607ef9d59229b43e21a97	2026-11-28 19:47:29.26334+00
\\x2939ccbd3263c3fbea7939f2469eb5e8d5ac08440c5607ef9d59229b43e21a97	0e5b482b	png	90	60	2873	2939ccbd3263c3fbea7939f2469eb5e8d5ac08440c5607ef9d59229b43e21a97	2026-11-28 19:47:29.26334+00
\\x2939ccbd3263c3fbea7939f2469eb5e8d5ac08440c5607ef9d59229b43e21a97	e911599d	png	90	60	2873	2939ccbd3263c3fbea7939f2469eb5e8d5ac08440c5607ef9d59229b43e21a97	2026-11-28 19:47:29.26334+00
\\x2939ccbd3263c3fbea7939f2469eb5e8d5ac08440c5607ef9d59229b43e21a97	638e170f	png	90	60	2873	2939ccbd3263c3fbea7939f2469eb5e8d5ac08440c5607ef9d59229b43e21a97	2026-11-28 19:47:29.26334+00
\\x2939ccbd3263c3fbea7939f2469eb5e8d5ac08440c5607ef9d59229b43e21a97	a7e75571	png	90	60	2873	2939ccbd3263c3fbea7939f2469eb5e8d5ac08440c5607ef9d59229b43e21a97	2026-11-28 19:47:29.26334+00
\\x2939ccbd3263c3fbea7939f2469eb5e8d5ac08440c5607ef9d59229b43e21a97	5a63c744	png	48	32	1250	24e32a6f9517c0ada3217b0d2c6e0bd06508b19df059fac31ac0ef87cdb85dcb	2026-11-28 19:47:29.26334+00
\\x798c5b0fd62aef30405763f2f0437f663382ba73707cd7cc18524a7b710516b8	d78f37c1	webp	128	96	2466	798c5b0fd62aef30405763f2f0437f663382ba73707cd7cc18524a7b710516b8	2026-11-28 19:47:29.544971+00
\\x798c5b0fd62aef30405763f2f0437f663382ba73707cd7cc18524a7b710516b8	195751cd	webp	128	96	2712	898064d2eada28502f28b33c2dec938aea682a8c077115d5f8d7aef17d98de00	2026-11-28 19:47:29.544971+00
\\x798c5b0fd62aef30405763f2f0437f663382ba73707cd7cc18524a7b710516b8	0e5b482b	webp	128	96	2712	898064d2eada28502f28b33c2dec938aea682a8c077115d5f8d7aef17d98de00	2026-11-28 19:47:29.544971+00
\\x798c5b0fd62aef30405763f2f0437f663382ba73707cd7cc18524a7b710516b8	e911599d	webp	128	96	2712	898064d2eada28502f28b33c2dec938aea682a8c077115d5f8d7aef17d98de00	2026-11-28 19:47:29.544971+00
\\x798c5b0fd62aef30405763f2f0437f663382ba73707cd7cc18524a7b710516b8	638e170f	webp	128	96	2712	898064d2eada28502f28b33c2dec938aea682a8c077115d5f8d7aef17d98de00	2026-11-28 19:47:29.544971+00
\\x798c5b0fd62aef30405763f2f0437f663382ba73707cd7cc18524a7b710516b8	a7e75571	webp	100	75	2224	7b974aa2e2285930612bc4c18ee8892966edadc6355c1ae94e27f5f2c9c78c58	2026-11-28 19:47:29.544971+00
\\x798c5b0fd62aef30405763f2f0437f663382ba73707cd7cc18524a7b710516b8	5a63c744	webp	48	36	708	c04af33ed5572ae17d3c458b0f01683979f6eb5e3de8bccf9156d7255adce08a	2026-11-28 19:47:29.544971+00
\\x9bb205fc1d51f94d1a4302fa4d4a8f8e0e396b8dc4562593cc4d47a0fd6d0abb	d78f37c1	jpeg	400	300	25703	9bb205fc1d51f94d1a4302fa4d4a8f8e0e396b8dc4562593cc4d47a0fd6d0abb	2026-11-28 19:47:30.018912+00
\\x9bb205fc1d51f94d1a4302fa4d4a8f8e0e396b8dc4562593cc4d47a0fd6d0abb	195751cd	jpeg	400	300	24809	11d113893b750a14f59d14c7239518226addd538804c830b96d0b0773b55c8dc	2026-11-28 19:47:30.018912+00
\\x9bb205fc1d51f94d1a4302fa4d4a8f8e0e396b8dc4562593cc4d47a0fd6d0abb	0e5b482b	jpeg	400	300	24809	11d113893b750a14f59d14c7239518226addd538804c830b96d0b0773b55c8dc	2026-11-28 19:47:30.018912+00
\\x9bb205fc1d51f94d1a4302fa4d4a8f8e0e396b8dc4562593cc4d47a0fd6d0abb	e911599d	jpeg	300	225	17375	a998fe0878569df95efde29da168e26608c98748c8827aac4c94b73a53759adb	2026-11-28 19:47:30.018912+00
\\x9bb205fc1d51f94d1a4302fa4d4a8f8e0e396b8dc4562593cc4d47a0fd6d0abb	638e170f	jpeg	240	180	12948	9bf76c369c8c10b21e05e3b33ecee90adcea36bafcfc34dd1b816fb9fe6c88b9	2026-11-28 19:47:30.018912+00
\\x9bb205fc1d51f94d1a4302fa4d4a8f8e0e396b8dc4562593cc4d47a0fd6d0abb	a7e75571	jpeg	100	75	4208	89ac16b4adf014fa059b99157b4da50ea1fbc8ecde94a7b2eb0f610e96460a5a	2026-11-28 19:47:30.018912+00
\\x9bb205fc1d51f94d1a4302fa4d4a8f8e0e396b8dc4562593cc4d47a0fd6d0abb	5a63c744	jpeg	48	36	1354	64851ee7559314baf7974c26d475aa70af1a78786dc3b84736e9900c5ca7d732	2026-11-28 19:47:30.018912+00
\\x55fe0036ae6cd6d392110f42aa1a46e4978cf65b4a23fa7a169bda99740fbb63	d78f37c1	jpeg	160	120	6432	8a4e552cf1f9694dfaf08b711a237b6abbc448cea0f14e4887c245ea7a099138	2026-11-28 19:47:30.177853+00
\\x55fe0036ae6cd6d392110f42aa1a46e4978cf65b4a23fa7a169bda99740fbb63	195751cd	jpeg	120	160	5422	ca3ad90111ac2831ed3d21265bfa0d58cd18b00da7cb01b6c45e4cfa170858bc	2026-11-28 19:47:30.177853+00
\\x55fe0036ae6cd6d392110f42aa1a46e4978cf65b4a23fa7a169bda99740fbb63	0e5b482b	jpeg	120	160	5422	ca3ad90111ac2831ed3d21265bfa0d58cd18b00da7cb01b6c45e4cfa170858bc	2026-11-28 19:47:30.177853+00
\\x55fe0036ae6cd6d392110f42aa1a46e4978cf65b4a23fa7a169bda99740fbb63	e911599d	jpeg	120	160	5422	ca3ad90111ac2831ed3d21265bfa0d58cd18b00da7cb01b6c45e4cfa170858bc	2026-11-28 19:47:30.177853+00
\\x55fe0036ae6cd6d392110f42aa1a46e4978cf65b4a23fa7a169bda99740fbb63	638e170f	jpeg	120	160	5422	ca3ad90111ac2831ed3d21265bfa0d58cd18b00da7cb01b6c45e4cfa170858bc	2026-11-28 19:47:30.177853+00
\\x55fe0036ae6cd6d392110f42aa1a46e4978cf65b4a23fa7a169bda99740fbb63	a7e75571	jpeg	75	100	3220	3fa90987478b6532eabf9d03b8d1ae9a7086da0f16d75fbcd7d8d7297f857c0b	2026-11-28 19:47:30.177853+00
\\x55fe0036ae6cd6d392110f42aa1a46e4978cf65b4a23fa7a169bda99740fbb63	5a63c744	jpeg	36	48	1127	01a105041180feed13808c9b788de846200aec9b0e59ddea5ff1325d2c6c68aa	2026-11-28 19:47:30.177853+00
\\xdf5f942935734faa0c2af3903deb236f9a9475e04c3e0fb542921d71bbf23a5b	d78f37c1	png	96	64	6465	09f81cbc77c556eb131820eab897283e5aae25860b9fe8f2489f1ee4523d873c	2026-11-28 19:47:30.555202+00
\\xdf5f942935734faa0c2af3903deb236f9a9475e04c3e0fb542921d71bbf23a5b	195751cd	png	96	64	6465	09f81cbc77c556eb131820eab897283e5aae25860b9fe8f2489f1ee4523d873c	2026-11-28 19:47:30.555202+00
\\xdf5f942935734faa0c2af3903deb236f9a9475e04c3e0fb542921d71bbf23a5b	0e5b482b	png	96	64	6465	09f81cbc77c556eb131820eab897283e5aae25860b9fe8f2489f1ee4523d873c	2026-11-28 19:47:30.555202+00
\\xdf5f942935734faa0c2af3903deb236f9a9475e04c3e0fb542921d71bbf23a5b	e911599d	png	96	64	6465	09f81cbc77c556eb131820eab897283e5aae25860b9fe8f2489f1ee4523d873c	2026-11-28 19:47:30.555202+00
\\xdf5f942935734faa0c2af3903deb236f9a9475e04c3e0fb542921d71bbf23a5b	638e170f	png	96	64	6465	09f81cbc77c556eb131820eab897283e5aae25860b9fe8f2489f1ee4523d873c	2026-11-28 19:47:30.555202+00
\\xdf5f942935734faa0c2af3903deb236f9a9475e04c3e0fb542921d71bbf23a5b	a7e75571	png	96	64	6465	09f81cbc77c556eb131820eab897283e5aae25860b9fe8f2489f1ee4523d873c	2026-11-28 19:47:30.555202+00
\\xdf5f942935734faa0c2af3903deb236f9a9475e04c3e0fb542921d71bbf23a5b	5a63c744	png	48	32	3515	cc84d88af33392af124e2d899af1d5fcfa0e4e788b675280e0377bc0e5d71fe0	2026-11-28 19:47:30.555202+00
\\x1b12516cc98252c7db3a0e063612588f2b6f362c162e12b741defab0495cdf7b	d78f37c1	png	80	80	9771	1b12516cc98252c7db3a0e063612588f2b6f362c162e12b741defab0495cdf7b	2026-11-28 19:47:30.824335+00
\\x1b12516cc98252c7db3a0e063612588f2b6f362c162e12b741defab0495cdf7b	195751cd	png	80	80	8752	4aee8498961b936c55ab705168b706aca04e703237248d7e45fb41a49018db6e	2026-11-28 19:47:30.824335+00
\\x1b12516cc98252c7db3a0e063612588f2b6f362c162e12b741defab0495cdf7b	0e5b482b	png	80	80	8752	4aee8498961b936c55ab705168b706aca04e703237248d7e45fb41a49018db6e	2026-11-28 19:47:30.824335+00
\\x1b12516cc98252c7db3a0e063612588f2b6f362c162e12b741defab0495cdf7b	e911599d	png	80	80	8752	4aee8498961b936c55ab705168b706aca04e703237248d7e45fb41a49018db6e	2026-11-28 19:47:30.824335+00
\\x1b12516cc98252c7db3a0e063612588f2b6f362c162e12b741defab0495cdf7b	638e170f	png	80	80	8752	4aee8498961b936c55ab705168b706aca04e703237248d7e45fb41a49018db6e	2026-11-28 19:47:30.824335+00
\\x1b12516cc98252c7db3a0e063612588f2b6f362c162e12b741defab0495cdf7b	a7e75571	png	80	80	8752	4aee8498961b936c55ab705168b706aca04e703237248d7e45fb41a49018db6e	2026-11-28 19:47:30.824335+00
\\x1b12516cc98252c7db3a0e063612588f2b6f362c162e12b741defab0495cdf7b	5a63c744	png	48	48	5058	a9a39f0437b800db1e076931b09482caaa06a913a233feae213e95e18b93452f	2026-11-28 19:47:30.824335+00
\\x87b8a2f8d018b13e89320b63d9df5c9e366f3cb6aea2a3069c90ae6b846659a7	d78f37c1	gif	64	48	3645	87b8a2f8d018b13e89320b63d9df5c9e366f3cb6aea2a3069c90ae6b846659a7	2026-11-28 19:47:31.192556+00
\\x87b8a2f8d018b13e89320b63d9df5c9e366f3cb6aea2a3069c90ae6b846659a7	195751cd	gif	64	48	3645	87b8a2f8d018b13e89320b63d9df5c9e366f3cb6aea2a3069c90ae6b846659a7	2026-11-28 19:47:31.192556+00
\\x87b8a2f8d018b13e89320b63d9df5c9e366f3cb6aea2a3069c90ae6b846659a7	0e5b482b	gif	64	48	3645	87b8a2f8d018b13e89320b63d9df5c9e366f3cb6aea2a3069c90ae6b846659a7	2026-11-28 19:47:31.192556+00
\\x87b8a2f8d018b13e89320b63d9df5c9e366f3cb6aea2a3069c90ae6b846659a7	e911599d	gif	64	48	3645	87b8a2f8d018b13e89320b63d9df5c9e366f3cb6aea2a3069c90ae6b846659a7	2026-11-28 19:47:31.192556+00
\\x87b8a2f8d018b13e89320b63d9df5c9e366f3cb6aea2a3069c90ae6b846659a7	638e170f	gif	64	48	3645	87b8a2f8d018b13e89320b63d9df5c9e366f3cb6aea2a3069c90ae6b846659a7	2026-11-28 19:47:31.192556+00
\\x87b8a2f8d018b13e89320b63d9df5c9e366f3cb6aea2a3069c90ae6b846659a7	a7e75571	gif	64	48	3645	87b8a2f8d018b13e89320b63d9df5c9e366f3cb6aea2a3069c90ae6b846659a7	2026-11-28 19:47:31.192556+00
\\x87b8a2f8d018b13e89320b63d9df5c9e366f3cb6aea2a3069c90ae6b846659a7	5a63c744	gif	48	36	7545	6a7f615e483bcc09938d21db4a1803611d4b90a5b86c92b2301b5ac6e4522699	2026-11-28 19:47:31.192556+00
\\xf6d761e63c4f34ac4d100ae388253687922aa96179b5a6b36a3ac698793cb112	d78f37c1	jpeg	120	120	12386	f6d761e63c4f34ac4d100ae388253687922aa96179b5a6b36a3ac698793cb112	2026-11-28 19:47:31.657163+00
\\xf6d761e63c4f34ac4d100ae388253687922aa96179b5a6b36a3ac698793cb112	195751cd	jpeg	120	120	5928	336b4e14303c210f6d2204b2f7af45bd258a52957dfa30edd5938c60b271a352	2026-11-28 19:47:31.657163+00
\\xf6d761e63c4f34ac4d100ae388253687922aa96179b5a6b36a3ac698793cb112	0e5b482b	jpeg	120	120	5928	336b4e14303c210f6d2204b2f7af45bd258a52957dfa30edd5938c60b271a352	2026-11-28 19:47:31.657163+00
\\xf6d761e63c4f34ac4d100ae388253687922aa96179b5a6b36a3ac698793cb112	e911599d	jpeg	120	120	5928	336b4e14303c210f6d2204b2f7af45bd258a52957dfa30edd5938c60b271a352	2026-11-28 19:47:31.657163+00
\\xf6d761e63c4f34ac4d100ae388253687922aa96179b5a6b36a3ac698793cb112	638e170f	jpeg	120	120	5928	336b4e14303c210f6d2204b2f7af45bd258a52957dfa30edd5938c60b271a352	2026-11-28 19:47:31.657163+00
\\xf6d761e63c4f34ac4d100ae388253687922aa96179b5a6b36a3ac698793cb112	a7e75571	jpeg	100	100	4711	c7ff7b42948becc598a606c0cc786a81529ad3c38d0a3f9dc1119fcc7a651261	2026-11-28 19:47:31.657163+00
\\xf6d761e63c4f34ac4d100ae388253687922aa96179b5a6b36a3ac698793cb112	5a63c744	jpeg	48	48	1313	57f434f241b577969f7510aff88ca99754fddf85b3ff8f7373cd83cdae7d2929	2026-11-28 19:47:31.657163+00
\.


--
-- Data for Name: rendition_failure; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.rendition_failure (blob_hash, recipe_hash, reason, failed_at) FROM stdin;
\.


--
-- Data for Name: schema_migrations; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.schema_migrations (version) FROM stdin;
0001
0002
0003
0004
0005
0006
0007
\.


--
-- Data for Name: store_view; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.store_view (id, code, locale, website_id, active, is_default) FROM stdin;
1	default	en_US	1	t	t
2	german	de_DE	1	t	f
\.


--
-- Data for Name: website; Type: TABLE DATA; Schema: public; Owner: -
--

COPY public.website (id, code) FROM stdin;
1	base
\.


--
-- Name: api_key_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.api_key_id_seq', 1, true);


--
-- Name: blob_claim_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.blob_claim_id_seq', 19, true);


--
-- Name: creation_order; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.creation_order', 16, true);


--
-- Name: image_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.image_id_seq', 719, true);


--
-- Name: image_set_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.image_set_id_seq', 1, true);


--
-- Name: image_set_link_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.image_set_link_id_seq', 1, true);


--
-- Name: oauth_token_admin_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.oauth_token_admin_id_seq', 1, true);


--
-- Name: pgqueuer_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.pgqueuer_id_seq', 16, true);


--
-- Name: pgqueuer_log_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.pgqueuer_log_id_seq', 48, true);


--
-- Name: pgqueuer_schedules_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.pgqueuer_schedules_id_seq', 1, false);


--
-- Name: pgqueuer_statistics_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.pgqueuer_statistics_id_seq', 1, false);


--
-- Name: picture_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.picture_id_seq', 16, true);


--
-- Name: product_former_slug_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.product_former_slug_id_seq', 1, true);


--
-- Name: product_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.product_id_seq', 12, true);


--
-- Name: website_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.website_id_seq', 1, true);


--
-- Name: api_key api_key_key_hash_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.api_key
    ADD CONSTRAINT api_key_key_hash_key UNIQUE (key_hash);


--
-- Name: api_key api_key_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.api_key
    ADD CONSTRAINT api_key_pkey PRIMARY KEY (id);


--
-- Name: blob_barred blob_barred_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.blob_barred
    ADD CONSTRAINT blob_barred_pkey PRIMARY KEY (hash);


--
-- Name: blob_claim blob_claim_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.blob_claim
    ADD CONSTRAINT blob_claim_pkey PRIMARY KEY (id);


--
-- Name: blob blob_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.blob
    ADD CONSTRAINT blob_pkey PRIMARY KEY (hash);


--
-- Name: file_path file_path_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.file_path
    ADD CONSTRAINT file_path_pkey PRIMARY KEY (path);


--
-- Name: file_path_series file_path_series_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.file_path_series
    ADD CONSTRAINT file_path_series_pkey PRIMARY KEY (stem, extension);


--
-- Name: image image_in_product; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.image
    ADD CONSTRAINT image_in_product UNIQUE (id, product_id, is_live);


--
-- Name: image image_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.image
    ADD CONSTRAINT image_pkey PRIMARY KEY (id);


--
-- Name: image_set image_set_key_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.image_set
    ADD CONSTRAINT image_set_key_key UNIQUE (key);


--
-- Name: image_set_link image_set_link_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.image_set_link
    ADD CONSTRAINT image_set_link_pkey PRIMARY KEY (id);


--
-- Name: image_set_link image_set_link_set_id_picture_id_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.image_set_link
    ADD CONSTRAINT image_set_link_set_id_picture_id_key UNIQUE (set_id, picture_id);


--
-- Name: image_set image_set_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.image_set
    ADD CONSTRAINT image_set_pkey PRIMARY KEY (id);


--
-- Name: image_store image_store_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.image_store
    ADD CONSTRAINT image_store_pkey PRIMARY KEY (image_id, store_view_id);


--
-- Name: image_type_assignment image_type_assignment_one_per_scope; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.image_type_assignment
    ADD CONSTRAINT image_type_assignment_one_per_scope UNIQUE NULLS NOT DISTINCT (product_id, store_view_id, type_code);


--
-- Name: image_type image_type_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.image_type
    ADD CONSTRAINT image_type_pkey PRIMARY KEY (code);


--
-- Name: image_type image_type_rank_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.image_type
    ADD CONSTRAINT image_type_rank_key UNIQUE (rank);


--
-- Name: oauth_consumer oauth_consumer_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.oauth_consumer
    ADD CONSTRAINT oauth_consumer_pkey PRIMARY KEY (key);


--
-- Name: oauth_nonce oauth_nonce_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.oauth_nonce
    ADD CONSTRAINT oauth_nonce_pkey PRIMARY KEY (consumer_key, nonce);


--
-- Name: oauth_token oauth_token_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.oauth_token
    ADD CONSTRAINT oauth_token_pkey PRIMARY KEY (token);


--
-- Name: pgqueuer_log pgqueuer_log_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pgqueuer_log
    ADD CONSTRAINT pgqueuer_log_pkey PRIMARY KEY (id);


--
-- Name: pgqueuer pgqueuer_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pgqueuer
    ADD CONSTRAINT pgqueuer_pkey PRIMARY KEY (id);


--
-- Name: pgqueuer_schedules pgqueuer_schedules_expression_entrypoint_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pgqueuer_schedules
    ADD CONSTRAINT pgqueuer_schedules_expression_entrypoint_key UNIQUE (expression, entrypoint);


--
-- Name: pgqueuer_schedules pgqueuer_schedules_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pgqueuer_schedules
    ADD CONSTRAINT pgqueuer_schedules_pkey PRIMARY KEY (id);


--
-- Name: pgqueuer_statistics pgqueuer_statistics_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pgqueuer_statistics
    ADD CONSTRAINT pgqueuer_statistics_pkey PRIMARY KEY (id);


--
-- Name: picture picture_key_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.picture
    ADD CONSTRAINT picture_key_key UNIQUE (key);


--
-- Name: picture picture_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.picture
    ADD CONSTRAINT picture_pkey PRIMARY KEY (id);


--
-- Name: picture_text picture_text_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.picture_text
    ADD CONSTRAINT picture_text_pkey PRIMARY KEY (picture_id, locale);


--
-- Name: product_former_slug product_former_slug_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.product_former_slug
    ADD CONSTRAINT product_former_slug_pkey PRIMARY KEY (id);


--
-- Name: product_former_slug product_former_slug_product_id_slug_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.product_former_slug
    ADD CONSTRAINT product_former_slug_product_id_slug_key UNIQUE (product_id, slug);


--
-- Name: product product_id_is_root_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.product
    ADD CONSTRAINT product_id_is_root_key UNIQUE (id, is_root);


--
-- Name: product product_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.product
    ADD CONSTRAINT product_pkey PRIMARY KEY (id);


--
-- Name: product_website product_website_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.product_website
    ADD CONSTRAINT product_website_pkey PRIMARY KEY (product_id, website_id);


--
-- Name: recipe recipe_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.recipe
    ADD CONSTRAINT recipe_pkey PRIMARY KEY (hash);


--
-- Name: rendition_failure rendition_failure_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.rendition_failure
    ADD CONSTRAINT rendition_failure_pkey PRIMARY KEY (blob_hash, recipe_hash);


--
-- Name: rendition rendition_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.rendition
    ADD CONSTRAINT rendition_pkey PRIMARY KEY (blob_hash, recipe_hash, format);


--
-- Name: schema_migrations schema_migrations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (version);


--
-- Name: store_view store_view_code_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.store_view
    ADD CONSTRAINT store_view_code_key UNIQUE (code);


--
-- Name: store_view store_view_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.store_view
    ADD CONSTRAINT store_view_pkey PRIMARY KEY (id);


--
-- Name: website website_code_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.website
    ADD CONSTRAINT website_code_key UNIQUE (code);


--
-- Name: website website_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.website
    ADD CONSTRAINT website_pkey PRIMARY KEY (id);


--
-- Name: blob_claim_by_hash; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX blob_claim_by_hash ON public.blob_claim USING btree (hash, claimed_at);


--
-- Name: file_path_by_blob; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX file_path_by_blob ON public.file_path USING btree (blob_hash) WHERE (blob_hash IS NOT NULL);


--
-- Name: image_by_imported_picture; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX image_by_imported_picture ON public.image USING btree (imported_picture_id) WHERE (imported_picture_id IS NOT NULL);


--
-- Name: image_by_ordinal; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX image_by_ordinal ON public.image USING btree (ordinal) WHERE (deleted_at IS NULL);


--
-- Name: image_by_path; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX image_by_path ON public.image USING btree (file_path) WHERE (file_path IS NOT NULL);


--
-- Name: image_by_picture; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX image_by_picture ON public.image USING btree (picture_id);


--
-- Name: image_gallery; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX image_gallery ON public.image USING btree (product_id, "position", id) WHERE (deleted_at IS NULL);


--
-- Name: image_set_by_product; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX image_set_by_product ON public.image_set USING btree (product_id);


--
-- Name: image_set_link_by_picture; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX image_set_link_by_picture ON public.image_set_link USING btree (picture_id);


--
-- Name: image_set_natural_key; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX image_set_natural_key ON public.image_set USING btree (product_id, name, locale) NULLS NOT DISTINCT WHERE (key IS NULL);


--
-- Name: image_type_assignment_by_image; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX image_type_assignment_by_image ON public.image_type_assignment USING btree (image_id) WHERE (image_id IS NOT NULL);


--
-- Name: oauth_nonce_by_age; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX oauth_nonce_by_age ON public.oauth_nonce USING btree (seen_at);


--
-- Name: oauth_token_by_consumer; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX oauth_token_by_consumer ON public.oauth_token USING btree (consumer_key);


--
-- Name: pgqueuer_ep_ea_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pgqueuer_ep_ea_idx ON public.pgqueuer USING btree (entrypoint, execute_after) WHERE (status = 'queued'::public.pgqueuer_status);


--
-- Name: pgqueuer_ep_prio_id_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pgqueuer_ep_prio_id_idx ON public.pgqueuer USING btree (entrypoint, priority DESC, id) WHERE (status = 'queued'::public.pgqueuer_status);


--
-- Name: pgqueuer_log_created; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pgqueuer_log_created ON public.pgqueuer_log USING btree (created);


--
-- Name: pgqueuer_log_job_id_status; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pgqueuer_log_job_id_status ON public.pgqueuer_log USING btree (job_id, created DESC);


--
-- Name: pgqueuer_log_not_aggregated; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pgqueuer_log_not_aggregated ON public.pgqueuer_log USING btree ((1)) WHERE (NOT aggregated);


--
-- Name: pgqueuer_log_status; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pgqueuer_log_status ON public.pgqueuer_log USING btree (status);


--
-- Name: pgqueuer_picked_heartbeat_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pgqueuer_picked_heartbeat_idx ON public.pgqueuer USING btree (heartbeat) WHERE (status = 'picked'::public.pgqueuer_status);


--
-- Name: pgqueuer_picked_slot_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX pgqueuer_picked_slot_idx ON public.pgqueuer USING btree (entrypoint, slot) WHERE ((status = 'picked'::public.pgqueuer_status) AND (slot IS NOT NULL));


--
-- Name: pgqueuer_priority_id_id1_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pgqueuer_priority_id_id1_idx ON public.pgqueuer USING btree (priority, id DESC) INCLUDE (id) WHERE (status = 'queued'::public.pgqueuer_status);


--
-- Name: pgqueuer_queue_manager_id_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pgqueuer_queue_manager_id_idx ON public.pgqueuer USING btree (queue_manager_id) WHERE (queue_manager_id IS NOT NULL);


--
-- Name: pgqueuer_statistics_unique_count; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX pgqueuer_statistics_unique_count ON public.pgqueuer_statistics USING btree (priority, date_trunc('sec'::text, timezone('UTC'::text, created)), status, entrypoint);


--
-- Name: pgqueuer_unique_dedupe_key; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX pgqueuer_unique_dedupe_key ON public.pgqueuer USING btree (dedupe_key) WHERE ((status = ANY (ARRAY['queued'::public.pgqueuer_status, 'picked'::public.pgqueuer_status])) AND (dedupe_key IS NOT NULL));


--
-- Name: pgqueuer_updated_id_id1_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX pgqueuer_updated_id_id1_idx ON public.pgqueuer USING btree (updated, id DESC) INCLUDE (id) WHERE (status = 'picked'::public.pgqueuer_status);


--
-- Name: picture_by_blob; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX picture_by_blob ON public.picture USING btree (blob_hash) WHERE (blob_hash IS NOT NULL);


--
-- Name: product_by_parent; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX product_by_parent ON public.product USING btree (parent_id) WHERE (parent_id IS NOT NULL);


--
-- Name: product_by_sku_key; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX product_by_sku_key ON public.product USING btree (sku_key, id) WHERE (deleted_at IS NULL);


--
-- Name: product_former_slug_newest; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX product_former_slug_newest ON public.product_former_slug USING btree (slug, id DESC);


--
-- Name: product_sku_unique; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX product_sku_unique ON public.product USING btree (sku) WHERE (deleted_at IS NULL);


--
-- Name: product_slug_unique; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX product_slug_unique ON public.product USING btree (slug) WHERE (deleted_at IS NULL);


--
-- Name: store_view_only_one_default; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX store_view_only_one_default ON public.store_view USING btree (is_default) WHERE is_default;


--
-- Name: api_key notify_change; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_change AFTER DELETE OR UPDATE ON public.api_key FOR EACH STATEMENT EXECUTE FUNCTION public.changed_accounts();


--
-- Name: file_path notify_change; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_change AFTER UPDATE ON public.file_path REFERENCING OLD TABLE AS former NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.changed_path();


--
-- Name: image_type notify_change; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_change AFTER INSERT OR DELETE OR UPDATE ON public.image_type FOR EACH STATEMENT EXECUTE FUNCTION public.changed_everything();


--
-- Name: oauth_consumer notify_change; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_change AFTER DELETE OR UPDATE ON public.oauth_consumer FOR EACH STATEMENT EXECUTE FUNCTION public.changed_accounts();


--
-- Name: oauth_token notify_change; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_change AFTER DELETE OR UPDATE ON public.oauth_token FOR EACH STATEMENT EXECUTE FUNCTION public.changed_accounts();


--
-- Name: store_view notify_change; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_change AFTER INSERT OR DELETE OR UPDATE ON public.store_view FOR EACH STATEMENT EXECUTE FUNCTION public.changed_everything();


--
-- Name: website notify_change; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_change AFTER INSERT OR DELETE OR UPDATE ON public.website FOR EACH STATEMENT EXECUTE FUNCTION public.changed_everything();


--
-- Name: image notify_delete; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_delete AFTER DELETE ON public.image REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.changed_products_of_rows();


--
-- Name: image_set notify_delete; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_delete AFTER DELETE ON public.image_set REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.changed_products_of_rows();


--
-- Name: image_set_link notify_delete; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_delete AFTER DELETE ON public.image_set_link REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.changed_set_link();


--
-- Name: image_store notify_delete; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_delete AFTER DELETE ON public.image_store REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.changed_image_store();


--
-- Name: image_type_assignment notify_delete; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_delete AFTER DELETE ON public.image_type_assignment REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.changed_products_of_rows();


--
-- Name: picture notify_delete; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_delete AFTER DELETE ON public.picture REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.changed_picture();


--
-- Name: picture_text notify_delete; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_delete AFTER DELETE ON public.picture_text REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.changed_picture_text();


--
-- Name: product notify_delete; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_delete AFTER DELETE ON public.product REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.changed_product();


--
-- Name: product_former_slug notify_delete; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_delete AFTER DELETE ON public.product_former_slug REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.changed_product_detail();


--
-- Name: product_website notify_delete; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_delete AFTER DELETE ON public.product_website REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.changed_product_detail();


--
-- Name: rendition notify_delete; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_delete AFTER DELETE ON public.rendition REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.removed_rendition();


--
-- Name: image notify_insert; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_insert AFTER INSERT ON public.image REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.changed_products_of_rows();


--
-- Name: image_set notify_insert; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_insert AFTER INSERT ON public.image_set REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.changed_products_of_rows();


--
-- Name: image_set_link notify_insert; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_insert AFTER INSERT ON public.image_set_link REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.changed_set_link();


--
-- Name: image_store notify_insert; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_insert AFTER INSERT ON public.image_store REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.changed_image_store();


--
-- Name: image_type_assignment notify_insert; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_insert AFTER INSERT ON public.image_type_assignment REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.changed_products_of_rows();


--
-- Name: picture notify_insert; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_insert AFTER INSERT ON public.picture REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.changed_picture();


--
-- Name: picture_text notify_insert; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_insert AFTER INSERT ON public.picture_text REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.changed_picture_text();


--
-- Name: product notify_insert; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_insert AFTER INSERT ON public.product REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.changed_product();


--
-- Name: product_former_slug notify_insert; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_insert AFTER INSERT ON public.product_former_slug REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.changed_product_detail();


--
-- Name: product_website notify_insert; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_insert AFTER INSERT ON public.product_website REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.changed_product_detail();


--
-- Name: image notify_update_from; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_update_from AFTER UPDATE ON public.image REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.changed_products_of_rows();


--
-- Name: image_set notify_update_from; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_update_from AFTER UPDATE ON public.image_set REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.changed_products_of_rows();


--
-- Name: image_set_link notify_update_from; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_update_from AFTER UPDATE ON public.image_set_link REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.changed_set_link();


--
-- Name: image_store notify_update_from; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_update_from AFTER UPDATE ON public.image_store REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.changed_image_store();


--
-- Name: image_type_assignment notify_update_from; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_update_from AFTER UPDATE ON public.image_type_assignment REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.changed_products_of_rows();


--
-- Name: picture notify_update_from; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_update_from AFTER UPDATE ON public.picture REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.changed_picture();


--
-- Name: picture_text notify_update_from; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_update_from AFTER UPDATE ON public.picture_text REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.changed_picture_text();


--
-- Name: product notify_update_from; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_update_from AFTER UPDATE ON public.product REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.changed_product();


--
-- Name: product_former_slug notify_update_from; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_update_from AFTER UPDATE ON public.product_former_slug REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.changed_product_detail();


--
-- Name: product_website notify_update_from; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_update_from AFTER UPDATE ON public.product_website REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.changed_product_detail();


--
-- Name: image notify_update_to; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_update_to AFTER UPDATE ON public.image REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.changed_products_of_rows();


--
-- Name: image_set notify_update_to; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_update_to AFTER UPDATE ON public.image_set REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.changed_products_of_rows();


--
-- Name: image_set_link notify_update_to; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_update_to AFTER UPDATE ON public.image_set_link REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.changed_set_link();


--
-- Name: image_store notify_update_to; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_update_to AFTER UPDATE ON public.image_store REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.changed_image_store();


--
-- Name: image_type_assignment notify_update_to; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_update_to AFTER UPDATE ON public.image_type_assignment REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.changed_products_of_rows();


--
-- Name: picture notify_update_to; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_update_to AFTER UPDATE ON public.picture REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.changed_picture();


--
-- Name: picture_text notify_update_to; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_update_to AFTER UPDATE ON public.picture_text REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.changed_picture_text();


--
-- Name: product notify_update_to; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_update_to AFTER UPDATE ON public.product REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.changed_product();


--
-- Name: product_former_slug notify_update_to; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_update_to AFTER UPDATE ON public.product_former_slug REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.changed_product_detail();


--
-- Name: product_website notify_update_to; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER notify_update_to AFTER UPDATE ON public.product_website REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.changed_product_detail();


--
-- Name: file_path refuse_path_reuse; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER refuse_path_reuse BEFORE DELETE OR UPDATE ON public.file_path FOR EACH ROW EXECUTE FUNCTION public.refuse_path_reuse();


--
-- Name: pgqueuer tg_pgqueuer_changed; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER tg_pgqueuer_changed AFTER INSERT OR DELETE OR UPDATE OR TRUNCATE ON public.pgqueuer FOR EACH STATEMENT EXECUTE FUNCTION public.fn_pgqueuer_changed();


--
-- Name: file_path file_path_blob_hash_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.file_path
    ADD CONSTRAINT file_path_blob_hash_fkey FOREIGN KEY (blob_hash) REFERENCES public.blob(hash);


--
-- Name: image image_file_path_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.image
    ADD CONSTRAINT image_file_path_fkey FOREIGN KEY (file_path) REFERENCES public.file_path(path);


--
-- Name: image image_imported_picture_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.image
    ADD CONSTRAINT image_imported_picture_id_fkey FOREIGN KEY (imported_picture_id) REFERENCES public.picture(id);


--
-- Name: image image_picture_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.image
    ADD CONSTRAINT image_picture_id_fkey FOREIGN KEY (picture_id) REFERENCES public.picture(id);


--
-- Name: image image_product_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.image
    ADD CONSTRAINT image_product_id_fkey FOREIGN KEY (product_id) REFERENCES public.product(id);


--
-- Name: image_set_link image_set_link_picture_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.image_set_link
    ADD CONSTRAINT image_set_link_picture_id_fkey FOREIGN KEY (picture_id) REFERENCES public.picture(id);


--
-- Name: image_set_link image_set_link_set_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.image_set_link
    ADD CONSTRAINT image_set_link_set_id_fkey FOREIGN KEY (set_id) REFERENCES public.image_set(id);


--
-- Name: image_set image_set_product_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.image_set
    ADD CONSTRAINT image_set_product_id_fkey FOREIGN KEY (product_id) REFERENCES public.product(id);


--
-- Name: image_store image_store_image_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.image_store
    ADD CONSTRAINT image_store_image_id_fkey FOREIGN KEY (image_id) REFERENCES public.image(id);


--
-- Name: image_store image_store_store_view_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.image_store
    ADD CONSTRAINT image_store_store_view_id_fkey FOREIGN KEY (store_view_id) REFERENCES public.store_view(id);


--
-- Name: image_type_assignment image_type_assignment_product_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.image_type_assignment
    ADD CONSTRAINT image_type_assignment_product_id_fkey FOREIGN KEY (product_id) REFERENCES public.product(id);


--
-- Name: image_type_assignment image_type_assignment_store_view_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.image_type_assignment
    ADD CONSTRAINT image_type_assignment_store_view_id_fkey FOREIGN KEY (store_view_id) REFERENCES public.store_view(id);


--
-- Name: image_type_assignment image_type_assignment_type_code_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.image_type_assignment
    ADD CONSTRAINT image_type_assignment_type_code_fkey FOREIGN KEY (type_code) REFERENCES public.image_type(code);


--
-- Name: image_type_assignment image_type_held_by_live_image; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.image_type_assignment
    ADD CONSTRAINT image_type_held_by_live_image FOREIGN KEY (image_id, product_id, image_is_live) REFERENCES public.image(id, product_id, is_live);


--
-- Name: oauth_token oauth_token_consumer_key_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.oauth_token
    ADD CONSTRAINT oauth_token_consumer_key_fkey FOREIGN KEY (consumer_key) REFERENCES public.oauth_consumer(key);


--
-- Name: picture picture_blob_hash_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.picture
    ADD CONSTRAINT picture_blob_hash_fkey FOREIGN KEY (blob_hash) REFERENCES public.blob(hash);


--
-- Name: picture_text picture_text_picture_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.picture_text
    ADD CONSTRAINT picture_text_picture_id_fkey FOREIGN KEY (picture_id) REFERENCES public.picture(id);


--
-- Name: product_former_slug product_former_slug_product_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.product_former_slug
    ADD CONSTRAINT product_former_slug_product_id_fkey FOREIGN KEY (product_id) REFERENCES public.product(id);


--
-- Name: product product_parent_is_a_root; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.product
    ADD CONSTRAINT product_parent_is_a_root FOREIGN KEY (parent_id, parent_is_root) REFERENCES public.product(id, is_root);


--
-- Name: product_website product_website_product_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.product_website
    ADD CONSTRAINT product_website_product_id_fkey FOREIGN KEY (product_id) REFERENCES public.product(id);


--
-- Name: product_website product_website_website_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.product_website
    ADD CONSTRAINT product_website_website_id_fkey FOREIGN KEY (website_id) REFERENCES public.website(id);


--
-- Name: rendition rendition_blob_hash_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.rendition
    ADD CONSTRAINT rendition_blob_hash_fkey FOREIGN KEY (blob_hash) REFERENCES public.blob(hash);


--
-- Name: rendition_failure rendition_failure_blob_hash_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.rendition_failure
    ADD CONSTRAINT rendition_failure_blob_hash_fkey FOREIGN KEY (blob_hash) REFERENCES public.blob(hash);


--
-- Name: rendition_failure rendition_failure_recipe_hash_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.rendition_failure
    ADD CONSTRAINT rendition_failure_recipe_hash_fkey FOREIGN KEY (recipe_hash) REFERENCES public.recipe(hash);


--
-- Name: rendition rendition_recipe_hash_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.rendition
    ADD CONSTRAINT rendition_recipe_hash_fkey FOREIGN KEY (recipe_hash) REFERENCES public.recipe(hash);


--
-- Name: store_view store_view_website_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.store_view
    ADD CONSTRAINT store_view_website_id_fkey FOREIGN KEY (website_id) REFERENCES public.website(id);


--
-- PostgreSQL database dump complete
--


