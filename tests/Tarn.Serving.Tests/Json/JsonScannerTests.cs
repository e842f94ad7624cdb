using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Tarn.Core;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>What is JSON and what is not, against the reader of the runtime.</summary>
public sealed class JsonScannerTests
{
    private static readonly string[] Seeds =
    [
        """{"a":[1,-2.5e+3,{"b":null,"c":[true,false]}],"d":"x\u00e4\n\"\\","e":{}}""",
        """[[],[[]],{"":0},"\ud83d\ude00","€"]""",
        """ { "instances" : [ [ 0.1 , 2E-7 ] ] , "n" : -0 } """,
        "\"text\"",
        "12",
        "null",
    ];

    private static readonly string[] Tokens = ["{", "}", "[", "]", ",", ":", "\"", "\\", "\\u12", "\\/", "0", "-", ".", "e", "+", "true", "nul", " ", "\n", "\t", "\u0001", "/", "//", "'", "ä", "1"];

    [Fact]
    public void A_text_is_JSON_here_where_it_is_for_the_runtime()
    {
        const int Seed = 555;
        var random = new Random(Seed);
        var accepted = 0;
        for (var i = 0; i < 300_000; i++)
        {
            var text = new StringBuilder(Seeds[random.Next(Seeds.Length)]);
            for (var mutations = random.Next(4); mutations > 0; mutations--)
            {
                var at = random.Next(text.Length + 1);
                if (random.Next(2) == 0)
                {
                    text.Insert(at, Tokens[random.Next(Tokens.Length)]);
                }
                else
                {
                    text.Remove(at, Math.Min(text.Length - at, 1 + random.Next(3)));
                }
            }

            var bytes = Encoding.UTF8.GetBytes(text.ToString());
            var expected = IsJson(bytes);
            accepted += expected ? 1 : 0;
            Assert.True(Scans(bytes) == expected, $"Seed {Seed}: {text} is {(expected ? "" : "no ")}JSON.");
        }

        Assert.InRange(accepted, 50_000, 250_000);
    }

    [Fact]
    public void Texts_are_unescaped_as_the_runtime_does()
    {
        const int Seed = 556;
        var random = new Random(Seed);
        string[] parts = ["a", "\\n", "\\\"", "\\u0041", "\\ud83d\\ude00", "\\ud83d", "ä", "𝄞", "\\/", "\\b"];
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = Encoding.UTF8.GetBytes($"\"{string.Concat(Enumerable.Range(0, random.Next(6)).Select(_ => parts[random.Next(parts.Length)]))}\"");
            string? expected = null;
            try
            {
                expected = JsonSerializer.Deserialize<string>(bytes);
            }
            catch (JsonException)
            {
                Assert.Throws<TarnException>(() => JsonScanner.Of(bytes).String("text"));
                continue;
            }

            Assert.True(expected == Encoding.UTF8.GetString(JsonScanner.Of(bytes).String("text")), $"Seed {Seed}: {Encoding.UTF8.GetString(bytes)}");
        }
    }

    private static bool Scans(byte[] bytes)
    {
        try
        {
            var json = JsonScanner.Of(bytes);
            json.Skip("the text");
            json.End();
            return true;
        }
        catch (TarnException)
        {
            return false;
        }
    }

    private static bool IsJson(byte[] bytes)
    {
        try
        {
            var reader = new Utf8JsonReader(bytes);
            while (reader.Read())
            {
            }

            return Utf8.IsValid(bytes);
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
