from .launch import main


def command():
    from .cli import main

    return main()


main(command)
