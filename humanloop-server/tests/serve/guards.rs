//! Safe by default: who gets in, and what pages of other sites cannot do.

use std::process::Stdio;

use reqwest::Method;
use reqwest::header::{LOCATION, SET_COOKIE};

use crate::server::{Server, command};

const KEY: &str = "0123456789abcdef";

fn status(server: &Server, method: Method, path: &str, headers: &[(&str, &str)]) -> u16 {
    server.request(method, path, headers, "").status().as_u16()
}

#[test]
fn it_says_where_it_is_and_ends_when_told_to() {
    let server = Server::start();
    assert_eq!(server.get("/health").text().unwrap(), "ok\n");
    assert!(server.folder.join(".humanloop/humanloop.db").exists());
    #[cfg(unix)]
    assert!(server.stop().success());
}

#[test]
fn others_are_let_in_with_a_key_only() {
    let folder = std::env::temp_dir();
    let refused = |arguments: &[&str], key: &str| {
        let mut command = command(&folder);
        command
            .args(["serve", "--db", "never.db", "--listen", "0.0.0.0:0"])
            .args(arguments)
            .env("HUMANLOOP_API_KEY", key);
        let output = command.stdout(Stdio::null()).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(refused(&[], "").contains("give a key by --api-key-file"));
    assert!(refused(&["--api-key", "short"], "").contains("at least 16 characters"));
    assert!(refused(&[], "short").contains("at least 16 characters"));
    assert!(refused(&["--api-key-file", "nowhere"], "").contains("--api-key-file nowhere: "));
    assert!(!folder.join("never.db").exists());
}

#[test]
fn a_key_is_wanted_everywhere_but_to_log_in() {
    let folder = std::env::temp_dir().join(format!("humanloop-keys-{}", uuid::Uuid::new_v4()));
    std::fs::write(&folder, format!("# ours\n{KEY}\n\nanother key of ours\n")).unwrap();
    for (arguments, variables) in [
        (vec!["--api-key", KEY], vec![]),
        (vec![], vec![("HUMANLOOP_API_KEY", KEY)]),
        (vec!["--api-key-file", folder.to_str().unwrap()], vec![]),
    ] {
        let server = Server::with(&arguments, &variables);
        for path in ["/", "/v4/logs", "/v4/nothing", "/nothing"] {
            assert_eq!(status(&server, Method::GET, path, &[]), 401, "{path}");
            for wrong in
                [("x-api-key", "wrong"), ("x-api-key", ""), ("authorization", "Bearer x"), ("cookie", "humanloop=x")]
            {
                assert_eq!(status(&server, Method::GET, path, &[wrong]), 401, "{path} {wrong:?}");
            }
        }
        assert_ne!(status(&server, Method::GET, "/v4/nothing", &[("x-api-key", KEY)]), 401);
        assert_ne!(status(&server, Method::GET, "/v4/nothing", &[("authorization", &format!("Bearer {KEY}"))]), 401);
        assert_eq!(status(&server, Method::GET, "/health", &[]), 200);
        let refusal = server.get("/v4/logs").text().unwrap();
        assert!(
            refusal.starts_with(r#"{"detail":{"type":"authentication_error","message":"the key is missing"#),
            "{refusal}"
        );
    }
    let _ = std::fs::remove_file(folder);
}

#[test]
fn a_browser_gives_the_key_once_and_keeps_a_cookie_that_is_not_the_key() {
    let server = Server::with(&["--api-key", KEY], &[]);
    let page = server.request(Method::GET, "/", &[("accept", "text/html")], "");
    assert_eq!((page.status().as_u16(), &page.headers()[LOCATION]), (303, &"/login".parse().unwrap()));
    assert!(server.get("/login").text().unwrap().contains("<form method=\"post\" action=\"/login\">"));
    let wrong = server.request(Method::POST, "/login", &[], "key=wrong");
    assert_eq!(wrong.status().as_u16(), 401);
    assert!(wrong.headers().get(SET_COOKIE).is_none());

    let entered = server.request(Method::POST, "/login", &[("origin", &server.url)], format!("key={KEY}"));
    assert_eq!(entered.status().as_u16(), 303);
    let cookie = entered.headers()[SET_COOKIE].to_str().unwrap().to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict") && !cookie.contains(KEY), "{cookie}");
    let (cookie, _) = cookie.split_once(';').unwrap();
    assert_ne!(status(&server, Method::GET, "/v4/nothing", &[("cookie", &format!("a=b; {cookie}"))]), 401);
}

#[test]
fn a_name_that_was_made_to_point_here_gets_nothing() {
    let server = Server::start();
    for host in [
        "evil.example",
        "evil.example:8000",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "192.168.0.1",
        "x@y z",
    ] {
        assert_eq!(status(&server, Method::GET, "/health", &[("host", host)]), 403, "{host}");
    }
    for host in ["localhost:1234", "127.0.0.1", "[::1]:80", "LOCALHOST", "hl.localhost"] {
        assert_eq!(status(&server, Method::GET, "/health", &[("host", host)]), 200, "{host}");
    }
}

#[test]
fn pages_of_other_sites_cannot_use_the_browser_of_the_user() {
    let server = Server::start();
    for origin in ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost"] {
        assert_eq!(status(&server, Method::POST, "/v4/logs", &[("origin", origin)]), 403, "{origin}");
        assert_eq!(status(&server, Method::GET, "/health", &[("origin", origin)]), 403, "{origin}");
    }
    assert_eq!(status(&server, Method::GET, "/health", &[("origin", &server.url)]), 200);
    assert_eq!(status(&server, Method::GET, "/health", &[("sec-fetch-site", "cross-site")]), 403);
    assert_eq!(status(&server, Method::GET, "/health", &[("sec-fetch-site", "same-origin")]), 200);
    let link = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")];
    assert_eq!(status(&server, Method::GET, "/health", &link), 200);
    assert_eq!(status(&server, Method::POST, "/v4/sessions", &link), 403);
}

#[test]
fn every_answer_has_the_headers_of_a_careful_server() {
    let server = Server::start();
    for path in ["/health", "/v4/nothing", "/nothing", "/login"] {
        let headers = server.get(path).headers().clone();
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self';") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["x-frame-options"], "DENY");
        assert_eq!(headers["referrer-policy"], "same-origin");
        assert_eq!(headers["cross-origin-resource-policy"], "same-origin");
        assert!(headers.get("access-control-allow-origin").is_none());
    }
}

#[test]
fn a_base_url_with_a_slash_at_its_end_is_the_same_one() {
    let server = Server::start();
    assert_eq!(status(&server, Method::GET, "//health", &[]), 200);
    assert_eq!(status(&server, Method::GET, "/health/", &[]), 200);
}
