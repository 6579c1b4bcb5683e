CLAIMS = {"X-Forwarded-For": "198.51.100.7, 203.0.113.9", "X-Forwarded-Proto": "http, https"}


def test_without_proxies_nobody_is_believed(web):
    assert web.get("/pages/whence", headers=CLAIMS).text == "127.0.0.1 http localhost:8000"


def test_one_proxy_is_believed_for_what_it_added_itself(another_site):
    visitor = another_site(TRUSTED_PROXIES=1)
    assert visitor.get("/pages/whence", headers=CLAIMS).text == "203.0.113.9 https localhost:8000"


def test_two_proxies_are_believed_as_far_as_they_reach(another_site):
    visitor = another_site(TRUSTED_PROXIES=2)
    assert visitor.get("/pages/whence", headers=CLAIMS).text == "198.51.100.7 http localhost:8000"


def test_a_forwarded_host_must_be_known_too(another_site):
    visitor = another_site(TRUSTED_PROXIES=1)
    for path in ("/pages/links", "/pages/links", "/pages/whence"):
        assert visitor.get(path, headers={"X-Forwarded-Host": "evil.example.net"}).status_code == 400
        assert visitor.get(path, headers={"X-Forwarded-Host": "localhost"}).status_code == 200
