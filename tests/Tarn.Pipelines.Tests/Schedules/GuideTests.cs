using System.Globalization;
using Xunit;

namespace Tarn.Pipelines.Tests;

/// <summary>The tables of docs/schedules.md are what the code does.</summary>
public sealed class GuideTests
{
    [Fact]
    public void Times_in_the_guide_are_those_of_its_schedules()
    {
        var rows = Rows("schedule", "zone", "from (UTC)", "times (UTC)");
        Assert.InRange(rows.Count, 8, 100);
        foreach (var row in rows)
        {
            var zone = TimeZoneInfo.FindSystemTimeZoneById(row[1]);
            var schedule = CronSchedule.Parse(row[0].Trim('`'), zone);
            var at = DateTimeOffset.Parse(row[2] + "Z", CultureInfo.InvariantCulture).AddTicks(-1);
            var times = row[3].Split(", ");
            for (var i = 0; i < times.Length; i++)
            {
                at = schedule.Next(at)!.Value;
                times[i] = at.ToString(times[i].Contains(' ', StringComparison.Ordinal) ? "MM-dd HH:mm" : "HH:mm", CultureInfo.InvariantCulture);
            }

            Assert.Equal((schedule.ToString(), row[3]), (schedule.ToString(), string.Join(", ", times)));
        }
    }

    [Fact]
    public void Expressions_in_the_guide_can_be_read()
    {
        var rows = Rows("expression", "runs");
        Assert.InRange(rows.Count, 6, 100);
        Assert.All(rows, static r => CronSchedule.Parse(r[0].Trim('`').Replace("\\|", "|", StringComparison.Ordinal)));
    }

    /// <summary>The rows of the tables with these heads.</summary>
    private static List<string[]> Rows(params string[] head)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "docs", "schedules.md")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("docs/schedules.md is not above the test's program.");
        }

        var rows = new List<string[]>();
        var inside = false;
        foreach (var line in File.ReadLines(Path.Combine(folder.FullName, "docs", "schedules.md")))
        {
            var cells = line.StartsWith('|') ? Array.ConvertAll(line.Trim('|').Split('|'), static c => c.Trim()) : [];
            if (inside && cells.Length == head.Length && !cells[0].StartsWith("---", StringComparison.Ordinal))
            {
                rows.Add(cells);
            }

            inside = cells.Length > 0 && (inside || cells.SequenceEqual(head));
        }

        return rows;
    }
}
