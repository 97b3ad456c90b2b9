// The search looks for each word as the beginning of words, so that "a" finds nearly everything. In a question such as
// "how do I set a timeout for the first token", only the words that carry its meaning are passed on. A boost ("ca^1")
// makes the search take a word of two letters as it is, not as the beginning of "call" and "case".
{
  const COMMON = new Set(
    ("a about am an and any are as at be by can could did do does for from get has have how i if in into is it its just me " +
      "my need of on one or our should so that the their them then there these they this to too use want was we what when " +
      "where which who why will with would you your").split(" "),
  );
  const QUERY = 2; // the type of the theme's messages to the worker that searches

  const meaningful = (query) => {
    if (query.includes('"')) return query;
    const words = query.replace(/[?!.,;]+(?=\s|$)/g, " ").trim().split(/\s+/);
    const kept = words.filter((word) => !COMMON.has(word.toLowerCase()));
    return (kept.length ? kept : words).map((word) => (/^\w{1,2}$/.test(word) ? `${word}^1` : word)).join(" ");
  };

  const post = Worker.prototype.postMessage;
  Worker.prototype.postMessage = function (message, ...rest) {
    const asked = message?.type === QUERY && typeof message.data === "string";
    return post.call(this, asked ? { ...message, data: meaningful(message.data) } : message, ...rest);
  };
}
