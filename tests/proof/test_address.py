from why503.proof.address import Block, Claim, recorded


def test_two_plays_never_share_a_block():
    with Claim(1) as one, Claim(1) as other:
        assert one != other


def test_a_block_is_free_again_after_its_play():
    with Claim(1) as one:
        pass
    with Claim(1) as again:
        assert one == again


def test_a_pods_proxy_and_application_have_one_address_in_the_record():
    block = Block(9)
    assert block.pod(1) != block.app(1)
    assert recorded(block.pod(1)) == recorded(block.app(1)) == "10.244.2.27"


def test_the_record_tells_services_and_outside_hosts_apart():
    block = Block(9)
    assert recorded(f"{block.service()}:80") == "10.96.40.17:80"
    assert recorded(block.outside()) == "203.0.113.10"


def test_addresses_in_the_names_of_counters_are_recorded_too():
    assert recorded("listener.127.9.2.27_8080.cx") == "listener.10.244.2.27_8080.cx"


def test_loopback_itself_stays():
    assert recorded("127.0.0.1 and 127.0.0.6:9") == "127.0.0.1 and 127.0.0.6:9"
