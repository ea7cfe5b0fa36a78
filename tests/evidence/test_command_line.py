import pytest

from why503.evidence.command_line import command_of


@pytest.mark.parametrize(
    "text",
    [
        "kubectl get svc web -n shop",
        "$ k get svc web -n shop",
        "me@host:~$ kubectl get svc web --namespace=shop",
        "# sudo kubectl get svc web -nshop | grep x",
    ],
)
def test_prompts_and_short_names_do_not_matter(text):
    command = command_of(text)
    assert command is not None
    assert command.program == "kubectl"
    assert command.arguments == ("get", "svc", "web")
    assert command.option("-n", "--namespace") == "shop"
    assert command.piped == ("|" in text)


def test_the_command_inside_exec_is_meant():
    command = command_of("$ kubectl exec web-0 -c web -- curl -s http://api:80/x | head")
    assert command is not None
    assert (command.program, command.words, command.piped) == (
        "curl",
        ("-s", "http://api:80/x"),
        True,
    )


@pytest.mark.parametrize(
    "text",
    ["curl gives 503 for us", "host unreachable", "kubectl is great", "dig deeper here", "", "k"],
)
def test_sentences_are_no_commands(text):
    assert command_of(text) is None


@pytest.mark.parametrize(
    "text", ["➜  ~ kubectl get po", "➜  shop git:(main) ✗ kubectl get po", "➜ kubectl get po"]
)
def test_a_prompt_with_an_arrow_in_front_of_folder_and_branch_is_cut_off(text):
    command = command_of(text)
    assert command is not None
    assert command.words == ("get", "po")
