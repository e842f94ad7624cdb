using System.Text.Json.Nodes;
using Pizza.Drawing;
using Tarn.Contracts;
using Xunit;

namespace Pizza.Tests;

/// <summary>From images to a promoted model, by the command line.</summary>
public sealed class TrainingTests
{
    [Fact]
    public async Task Without_images_it_draws_its_own_says_so_everywhere_and_what_it_registers_predicts()
    {
        using var folder = new TemporaryDirectory();
        var pizza = new PizzaRun(folder.Path);
        var trained = await pizza.TrainAsync("--set", "Pizza:Drawn=60");
        Assert.Equal("success", (string?)trained["state"]);
        Assert.True((bool?)trained["synthetic"]);
        Assert.Contains("synthetic", (string?)trained["source"], StringComparison.Ordinal);
        Assert.Equal("silver.pizza_drawn version 1", (string?)trained["dataset"]);
        Assert.Equal(1, (long?)trained["version"]);
        Assert.InRange((double)trained["testAccuracy"]!, 0.55, 1);
        Assert.InRange((double)trained["testAccuracyLower"]!, 0.3, (double)trained["testAccuracy"]!);

        var model = await pizza.JsonAsync("models", "show", "pizza");
        var version = model["versions"]![0]!;
        Assert.StartsWith("Synthetic:", (string?)version["description"], StringComparison.Ordinal);
        Assert.Equal("true", (string?)version["tags"]!["tarn.synthetic"]);
        Assert.Equal(["card.json", "model-batch.onnx", "model.onnx", "signature.json"], version["files"]!.AsArray().Select(static f => (string?)f!["path"]));
        var ledger = await pizza.JsonAsync("models", "ledger", "pizza");
        Assert.Equal((bool)trained["promoted"]! ? "set" : "kept", (string?)Assert.Single(ledger.AsArray())!["kind"]);
        Assert.NotNull(ledger[0]!["verdict"]!["checks"]);

        // Card and report of the training run.
        var artifacts = Path.Combine(folder.Path, "artifacts");
        var card = JsonNode.Parse(File.ReadAllText(Directory.EnumerateFiles(artifacts, "card.json", SearchOption.AllDirectories).Single()))!;
        Assert.True((bool?)card["data"]!["isSynthetic"]);
        Assert.Equal(0, (long?)card["data"]!["earlierTestUses"]);
        Assert.True((double)card["training"]!["greatestDifference"]! <= 1e-5);
        var report = File.ReadAllText(Directory.EnumerateFiles(artifacts, "report.html", SearchOption.AllDirectories).Single());
        Assert.Contains("drawn by a program (synthetic)", report, StringComparison.Ordinal);
        Assert.Contains("<svg", report, StringComparison.Ordinal);
        Assert.DoesNotContain("http", report, StringComparison.OrdinalIgnoreCase);
        var dataset = File.ReadAllText(Directory.EnumerateFiles(artifacts, "dataset.html", SearchOption.AllDirectories).Single());
        Assert.Contains("silver.pizza_drawn", dataset, StringComparison.Ordinal);
        Assert.Contains("data:image/", dataset, StringComparison.Ordinal);

        // A line a file, in order; what cannot be read has its error on its line.
        var photos = folder.Combine("photos");
        DrawnFolder.Draw(photos, seed: 7, from: 0, to: 5);
        File.WriteAllText(Path.Combine(photos, "broken.jpg"), "no picture");
        File.WriteAllBytes(Path.Combine(photos, "empty.png"), []);
        var (code, output, _) = await pizza.RunAsync("predict", "pizza", "--images", photos, "--version", "1", "--json");
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static l => JsonNode.Parse(l)!).ToList();
        Assert.Equal(1, code);
        Assert.Equal(12, lines.Count);
        Assert.Equal(["broken.jpg", "empty.png"], lines.Where(static l => l["error"] is not null).Select(static l => Path.GetFileName((string)l["file"]!)));
        Assert.All(lines.Where(static l => l["error"] is null), static l =>
        {
            Assert.Equal(1, (long?)l["modelVersion"]);
            Assert.Equal((float)l["probability"]!, (float)l["scores"]![(string)l["label"]!]!);
            Assert.Equal(1, l["scores"]!.AsObject().Sum(static s => (double)s.Value!), 3);
        });
        var (missing, _, errors) = await pizza.RunAsync("predict", "pizza", "--image", Path.Combine(photos, "broken.jpg"), "--alias", "challenger");
        Assert.Equal(1, missing);
        Assert.Contains("no version that is challenger", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_with_bad_files_and_a_class_of_one_trains_names_them_and_grows_into_a_judged_second_version()
    {
        using var folder = new TemporaryDirectory();
        var photos = folder.Combine("photos");
        DrawnFolder.Draw(photos, seed: 3, from: 0, to: 24);
        var one = File.ReadAllBytes(Path.Combine(photos, DrawnImages.Pizza, "pizza-000.jpg"));
        File.WriteAllBytes(Path.Combine(photos, DrawnImages.Pizza, "cut.jpg"), one[..(one.Length / 2)]);
        File.WriteAllBytes(Path.Combine(photos, DrawnImages.Pizza, "empty.jpg"), []);
        File.WriteAllText(Path.Combine(photos, DrawnImages.Other, "words.jpg"), "these are words");
        File.WriteAllBytes(Path.Combine(photos, DrawnImages.Other, "again.jpg"), one);
        Directory.CreateDirectory(Path.Combine(photos, "calzone"));
        File.WriteAllBytes(Path.Combine(photos, "calzone", "only.jpg"), new DrawnImages(99, 1).Draw(DrawnImages.Pizza, 0));
        var pizza = new PizzaRun(folder.Combine("data"));

        var first = await pizza.TrainAsync("--images", photos);
        Assert.False((bool?)first["synthetic"]);
        Assert.True((long)first["refused"]! >= 3, $"refused {first["refused"]}");
        var logs = (await pizza.RunAsync("runs", "logs", (string)first["run"]!)).Output;
        Assert.All(["cut.jpg", "empty.jpg", "words.jpg"], name => Assert.Contains(name, logs, StringComparison.Ordinal));
        Assert.Contains("calzone", logs, StringComparison.Ordinal);
        var kept = await pizza.JsonAsync("tables", "query", "select count(*) as n from silver.pizza_images_quarantine where reason is not null");
        Assert.Contains((string)first["refused"]!.ToString(), kept.ToJsonString(), StringComparison.Ordinal);

        // More of the same: no image moves, the champion is judged on the same test images, and the ledger says what was decided.
        DrawnFolder.Draw(photos, seed: 3, from: 24, to: 48);
        var second = await pizza.TrainAsync("--images", photos);
        Assert.Equal(2, (long?)second["version"]);
        Assert.NotEqual((string?)first["dataset"], (string?)second["dataset"]);
        var ledger = (await pizza.JsonAsync("models", "ledger", "pizza")).AsArray();
        Assert.Equal((bool)first["promoted"]! ? 1 : null, (long?)second["champion"]);
        Assert.Equal(2, (long?)ledger[0]![(bool)second["promoted"]! ? "to" : "candidate"]);
        Assert.Equal((string?)second["verdict"], (string?)ledger[0]!["reason"]);
        if ((bool)first["promoted"]!)
        {
            Assert.NotNull(ledger[0]!["verdict"]!["mcNemar"]);
        }
    }

    [Fact]
    public async Task A_folder_that_cannot_be_trained_on_is_refused_in_words_and_registers_nothing()
    {
        using var folder = new TemporaryDirectory();
        var photos = folder.Combine("photos");
        DrawnFolder.Draw(photos, seed: 5, from: 0, to: 12);
        Directory.Delete(Path.Combine(photos, DrawnImages.Other), recursive: true);
        var pizza = new PizzaRun(folder.Combine("data"));
        var (code, output, _) = await pizza.RunAsync("train", "pizza", "--images", photos, "--param", "backbones=classical", "--json");
        Assert.Equal(1, code);
        Assert.Contains("two classes", (string?)JsonNode.Parse(output)!["error"], StringComparison.Ordinal);
        Assert.Empty((await pizza.JsonAsync("models", "list")).AsArray());
        var (absent, said, _) = await pizza.RunAsync("train", "pizza", "--images", folder.Combine("nowhere"), "--json");
        Assert.Equal(1, absent);
        Assert.Contains("nowhere", said, StringComparison.Ordinal);
        var (unknown, _, errors) = await pizza.RunAsync("train", "calzone");
        Assert.Equal(2, unknown);
        Assert.Contains("pizza", errors, StringComparison.Ordinal);
    }
}
