using System.Globalization;
using Tarn.Contracts;
using Xunit;

namespace Pizza.Tests;

/// <summary>
/// Real photographs, where they are on this machine: a third of them; all with <c>TARN_PHOTOS=1</c>, of which the test images are enough to ask for more.
/// </summary>
public sealed class PhotographTests
{
    [Theory]
    [InlineData("classical", null, 0.65, 0.7)]
    [InlineData("mobilenetv2", "models/mobilenetv2-12-int8.onnx", 0.9, 0.93)]
    public async Task A_few_trials_tell_pizza_from_other_food(string backbone, string? file, double least, double leastOfAll)
    {
        var photos = SharedData.Require("pizza");
        var all = Environment.GetEnvironmentVariable("TARN_PHOTOS") == "1";
        using var folder = new TemporaryDirectory();
        var pizza = new PizzaRun(folder.Combine("data"));
        if (file is not null)
        {
            await pizza.JsonAsync("backbones", "add", backbone, "--file", SharedData.Require(file));
        }

        var images = all ? photos : Third(photos, folder.Combine("photos"));
        var trained = await pizza.JsonAsync("train", "pizza", "--images", images, "--param", $"backbones={backbone}", "--param", "trials=6", "--set", "Pizza:Views=1");
        TestContext.Current.TestOutputHelper?.WriteLine(trained.ToJsonString());
        Assert.False((bool?)trained["synthetic"]);
        var accuracy = (double)trained["testAccuracy"]!;
        Assert.True(accuracy > (all ? leastOfAll : least), string.Create(CultureInfo.InvariantCulture, $"{backbone}: test accuracy {accuracy} on {trained["testImages"]} photographs"));
        Assert.True((bool?)trained["promoted"], (string?)trained["verdict"]);
    }

    private static string Third(string from, string to)
    {
        foreach (var folder in Directory.EnumerateDirectories(from))
        {
            var into = Path.Combine(to, Path.GetFileName(folder));
            Directory.CreateDirectory(into);
            foreach (var photo in Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).Where(static (_, i) => i % 3 == 0))
            {
                File.Copy(photo, Path.Combine(into, Path.GetFileName(photo)));
            }
        }

        return to;
    }
}
