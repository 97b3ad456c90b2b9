"""What a script answers, in the words of each endpoint: chat completions, Messages, Responses, pictures, sounds."""
