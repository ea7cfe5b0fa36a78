from why503.evidence.manifest_mask import masked
from why503.support.secret import MASK


def test_values_of_a_secret_are_dropped_and_its_keys_kept():
    secret = {"kind": "Secret", "data": {"tls.key": "QUJD"}, "stringData": {"user": "bob"}}
    found = masked(secret)
    assert found["data"] == {"tls.key": MASK}
    assert found["stringData"] == {"user": MASK}


def test_environment_arguments_and_keys_that_say_secret_are_masked():
    data = {
        "env": [{"name": "DB_PASSWORD", "value": "hunter2"}, {"name": "MODE", "value": "fast"}],
        "args": [
            "-remoteWrite.basicAuth.password=hunter2",
            "-remoteWrite.basicAuth.passwordFile=/run/p",
        ],
        "clientSecret": "hunter2",
        "config": "user: bob\npassword: hunter2\nport: 1\n",
        "metadata": {
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "hunter2"}
        },
    }
    found = masked(data)
    assert "hunter2" not in str(found)
    assert found["env"][1]["value"] == "fast"
    assert found["args"][1].endswith("=/run/p")
    assert "port: 1" in found["config"]


def test_paths_and_access_log_formats_stay():
    data = {"tls": {"privateKey": "/etc/certs/key.pem"}, "f": "x;code=%RESPONSE_CODE%;"}
    assert masked(data) == data


def test_a_reference_to_a_secret_stays():
    data = {"name": "API_TOKEN", "valueFrom": {"secretKeyRef": {"name": "x", "key": "token"}}}
    assert masked(data) == data


def test_an_argument_that_follows_a_flag_for_a_secret_is_masked():
    args = ["-httpAuth.password", "hunter", "-v", "--token-file", "/a", "--token", "-y"]

    assert masked({"args": args})["args"] == [args[0], "***", *args[2:]]
