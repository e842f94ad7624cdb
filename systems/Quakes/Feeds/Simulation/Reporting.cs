namespace Quakes.Feeds.Simulation;

/// <summary>
/// How networks report what happens: an automatic solution within minutes (or, for some, days late), reviewed solutions after
/// it, felt reports that come in over hours, and now and then a mistake that is withdrawn.
/// </summary>
internal sealed class Reporting(SimulationOptions options)
{
    /// <summary>The reports of one event: one, or two where a second network takes it over under an id of its own.</summary>
    public IEnumerable<Report> Of(Shock shock)
    {
        var random = SeededRandom.For(shock.Key, 2);
        var net = shock.Zone.Net;
        var place = Earth.Describe(shock.Longitude, shock.Latitude, shock.Zone);
        var revisions = Revisions(shock, ref random);
        var report = new Report(shock, net, Code(shock.Key), place, revisions)
        {
            Copies = random.Chance(options.Duplicated) ? 2 : 1,
            WithholdsWhenDeleted = random.Chance(0.5),
        };
        var last = revisions[^1].Updated;
        var first = revisions[0].Updated;
        if (random.Chance(options.Withdrawn) && shock.Magnitude < 5)
        {
            var end = first.AddMilliseconds(Math.Floor(random.Exponential(4 * 3_600_000)) + 600_000);
            var silently = random.Chance(1 / 3.0);
            report = report with
            {
                Revisions = [.. revisions.Where(r => r.Updated < end)],
                DeletedAt = silently ? null : end,
                VanishedAt = silently ? end : null,
            };
        }
        else if (net != "us" && shock.Magnitude >= 2.5 && random.Chance(0.06))
        {
            // The global network was first; its id goes when the regional network's solution is preferred.
            var takenOver = first.AddMinutes(random.Between(8, 50));
            var code = Code(SeededRandom.Mix(shock.Key + 1));
            yield return new Report(shock, "us", code, place, [revisions[0] with { MagnitudeType = "mb" }]) { VanishedAt = takenOver };
            report = report with
            {
                OtherId = "us" + code,
                Revisions = [revisions[0] with { Updated = takenOver }, .. revisions.Where(r => r.Updated > takenOver)],
            };
        }

        yield return report;
    }

    private List<Revision> Revisions(Shock shock, ref SeededRandom random)
    {
        var minutes = shock.Zone.Net == "us" ? random.Between(9, 28) : random.Between(1.5, 7);
        var published = random.Chance(options.Late)
            ? shock.Time.AddMilliseconds(Math.Floor(random.Exponential(14 * 3_600_000)) + 1_800_000)
            : shock.Time.AddMilliseconds(Math.Floor(minutes * 60_000));
        var error = shock.Zone.Net == "us" ? 8.0 : 1.2;
        var automatic = Solution(shock, published, error, isReviewed: false, ref random);
        var revisions = new List<Revision> { random.Chance(options.Malformed) ? automatic with { Flaw = (Flaw)(1 + (random.Next() % 5)) } : automatic };
        var reviews = revisions[0].Flaw != Flaw.None || shock.Magnitude >= 4.5 ? 2 : random.Chance(0.62) ? 1 : 0;
        var at = published;
        for (var i = 0; i < reviews; i++)
        {
            at = at.AddMilliseconds(Math.Floor(random.Exponential(i == 0 ? 5 * 3_600_000 : 30 * 3_600_000)) + 240_000);
            revisions.Add(Solution(shock, at, error / (3 + i), isReviewed: true, ref random));
        }

        AddFelt(shock, revisions, ref random);
        return revisions;
    }

    private static Revision Solution(Shock shock, DateTimeOffset at, double errorKm, bool isReviewed, ref SeededRandom random)
    {
        var (x, y) = ShockModel.Shift(shock.Longitude, shock.Latitude, random.Normal(errorKm), random.Normal(errorKm));
        var decimals = shock.Zone.Net is "us" or "ak" ? 4 : 7;
        var magnitude = shock.Magnitude + random.Normal(isReviewed ? 0.03 : 0.12);
        return new Revision
        {
            Updated = at,
            Magnitude = Math.Round(magnitude, shock.Zone.Net is "us" or "ak" ? 1 : 2),
            MagnitudeType = MagnitudeType(shock, isReviewed),
            Longitude = Math.Round(x, decimals),
            Latitude = Math.Round(y, decimals),
            DepthKm = shock.IsBlast ? Math.Round(random.Normal(0.5), 2) : shock.Zone.Net == "us" && !isReviewed ? 10 : Math.Round(Math.Max(-2, shock.DepthKm + random.Normal(errorKm / 2)), 2),
            IsReviewed = isReviewed,
            Stations = 6 + (int)(random.Exponential(8) * Math.Max(1, shock.Magnitude)) + (isReviewed ? 10 : 0),
            Gap = Math.Round(random.Between(25, isReviewed ? 130 : 220), random.Chance(0.4) ? 1 : 0),
            Rms = Math.Round(random.Between(0.02, shock.Zone.Net == "us" ? 1.1 : 0.3), 2),
            NearestDegrees = shock.Zone.Net == "ak" ? null : Math.Round(random.Exponential(shock.Zone.Net == "us" ? 1.6 : 0.08), 4),
        };
    }

    /// <summary>People report what they felt for a day or two; each batch of reports is a version of its own.</summary>
    private static void AddFelt(Shock shock, List<Revision> revisions, ref SeededRandom random)
    {
        var intensity = 1.1 + (1.4 * (shock.Magnitude - 2.2)) - (Math.Log10(Math.Max(1, shock.DepthKm / 8)) * 1.6);
        if (shock.IsBlast || shock.Magnitude < 2.6 || intensity < 1.5 || random.Chance(shock.Zone.Offshore ? 0.7 : 0.25))
        {
            return;
        }

        var people = Math.Pow(10, Math.Min(4.2, 0.75 * (shock.Magnitude - 2.2))) * random.Between(0.4, 1.6);
        var steps = 1 + (int)(random.Next() % 4);
        var at = revisions[0].Updated;
        for (var i = 1; i <= steps; i++)
        {
            at = at.AddMilliseconds(Math.Floor(random.Exponential(i * 2_400_000)) + 90_000);
            var basis = revisions.LastOrDefault(r => r.Updated <= at) ?? revisions[0];
            revisions.Add(basis with
            {
                Updated = at,
                Flaw = Flaw.None,
                Felt = Math.Max(1, (long)(people * (1 - Math.Pow(0.45, i)))),
                FeltIntensity = Math.Round(Math.Clamp(intensity + random.Normal(0.2), 1, 9), 1),
                EstimatedIntensity = shock.Magnitude >= 3.6 ? Math.Round(Math.Clamp(intensity + 0.4, 1, 9.5), 3) : null,
                Alert = shock.Magnitude >= 5.3 ? (intensity > 8.5 ? "orange" : intensity > 7.6 ? "yellow" : "green") : null,
            });
        }

        revisions.Sort(static (a, b) => a.Updated.CompareTo(b.Updated));
        for (var i = 1; i < revisions.Count; i++)
        {
            // A later solution keeps the reports that have come in.
            if (revisions[i].Felt is null && revisions[i - 1] is { Felt: not null } before)
            {
                revisions[i] = revisions[i] with
                {
                    Felt = before.Felt,
                    FeltIntensity = before.FeltIntensity,
                    EstimatedIntensity = before.EstimatedIntensity,
                    Alert = before.Alert,
                };
            }
        }
    }

    private static string MagnitudeType(Shock shock, bool isReviewed) => shock.Zone.Net switch
    {
        "us" => shock.Magnitude >= 5.2 && isReviewed ? "mww" : shock.Magnitude >= 4 ? "mb" : "ml",
        "nc" or "hv" or "pr" or "uw" => shock.Magnitude >= 3.6 && isReviewed ? "mw" : "md",
        _ => "ml",
    };

    private static string Code(ulong key)
    {
        const string digits = "0123456789abcdefghijklmnopqrstuvwxyz";
        return string.Create(8, key, static (text, rest) =>
        {
            for (var i = text.Length - 1; i >= 0; i--)
            {
                text[i] = digits[(int)(rest % 36)];
                rest /= 36;
            }
        });
    }
}
