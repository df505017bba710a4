//! The first supplier file: everything that the packs ask for, with a comment beside each.

use super::PackFacts;

/// The commented text of a new supplier file for some packs. It lints clean; `CHANGE ME` marks what the reader must fill in.
pub fn text(packs: &[PackFacts]) -> String {
    let mut text = String::from(HEAD);
    text.push_str(
        "    plays:                                 # the roles that this system takes\n",
    );
    for facts in packs {
        text += &line(
            6,
            &format!("- {}/{}", facts.id, facts.subject),
            &facts.title,
        );
    }
    if packs.is_empty() {
        text.push_str("      - \"*\"                                # any role of any pack\n");
    }
    text.push_str("    endpoints:                             # where it answers\n");
    for name in endpoints(packs) {
        text += &format!("      {name}: https://change-me.example/base\n");
    }
    text.push_str(AUTH);
    text += &claims(packs);
    text += &values(packs);
    text += &patients(packs);
    text.push_str(DEVIATIONS);
    text
}

const HEAD: &str = "\
plugfest: 1

# Who is tested. A result is about this version of this product, and no other.
supplier:
  id: change-me                            # short; letters, digits, hyphens
  name: CHANGE ME
  product: CHANGE ME
  version: \"0\"

systems:
  main:                                    # any name; a product may have several systems
";

const AUTH: &str = "    \
auth: none                             # or one of these; a secret is never written here, only where it lies:
    # auth: { bearer: { token: { env: SUPPLIER_TOKEN } } }
    # auth: { basic: { user: tester, password: { file: secrets/password } } }
    # auth: { oauth2: { token-url: https://…/token, client-id: …, client-secret: { env: SUPPLIER_SECRET }, scope: system/*.read } }
    # auth: { private-key-jwt: { token-url: https://…/token, client-id: …, key: { file: secrets/key.pem }, key-id: …, algorithm: RS384 } }
    # auth: mutual-tls                     # the client certificate below
    # tls:
    #   ca: certs/ca.pem                   # trust these instead of the machine's own
    #   client: { cert: certs/me.pem, key: secrets/me.key }
    limits: { jobs: 4, rate: 20/s }        # be polite; also timeout: 30s, body: 32MB, headers: 256kB
";

const DEVIATIONS: &str = "
# What is known not to conform: with a reason and an end. The report stays red, the exit code does not.
# deviations:
#   - requirement: PACK/REQUIREMENT-ID
#     because: comes with the next release
#     until: 2027-03-01
";

/// A line with its comment in a column of its own.
fn line(indent: usize, text: &str, comment: &str) -> String {
    let text = format!("{:indent$}{text}", "");
    let comment = comment.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{text:<42} # {comment}\n")
}

fn endpoints(packs: &[PackFacts]) -> Vec<String> {
    let mut names: Vec<String> = packs.iter().map(|facts| quoted(&facts.endpoint)).collect();
    names.sort();
    names.dedup();
    if names.is_empty() {
        names.push("\"*\"".into());
    }
    names
}

fn claims(packs: &[PackFacts]) -> String {
    let mut text = String::new();
    for facts in packs
        .iter()
        .filter(|facts| !facts.claims.is_empty() || !facts.levels.is_empty())
    {
        if text.is_empty() {
            text.push_str("\n# What the product says it does. What is not claimed is shown as not claimed.\nclaims:\n");
        }
        text += &format!("  {}:\n", facts.id);
        for (level, title) in &facts.levels {
            text += &line(4, &format!("# level: {level}"), title);
        }
        text.push_str("    except: []                             # claims that the product does not make, out of:\n");
        for (claim, about) in &facts.claims {
            text += &line(4, &format!("#   {claim}"), about);
        }
    }
    text
}

fn values(packs: &[PackFacts]) -> String {
    let mut named: Vec<_> = packs.iter().flat_map(|facts| &facts.values).collect();
    named.sort_by(|a, b| a.name.cmp(&b.name));
    named.dedup_by(|a, b| a.name == b.name);
    if named.is_empty() {
        return String::new();
    }
    let mut text = String::from(
        "\n# What the scenarios use. Remove a `#` to say something else than the default.\nvalues:\n",
    );
    for value in &named {
        let name = quoted(&value.name);
        text += &match &value.default {
            Some(default) => line(2, &format!("# {name}: {}", quoted(default)), &value.about),
            None => line(2, &format!("{name}: CHANGE ME"), &value.about),
        };
    }
    if named.iter().all(|value| value.default.is_some()) {
        return text.replace("\nvalues:\n", "\n# values:\n");
    }
    text
}

fn patients(packs: &[PackFacts]) -> String {
    let mut names: Vec<_> = packs.iter().flat_map(|facts| &facts.patients).collect();
    names.sort();
    names.dedup();
    let mut text = String::new();
    for name in names {
        if text.is_empty() {
            text.push_str("\n# The packs' logical patients: their numbers in this system, or why there is none.\npatients:\n");
        }
        text += &format!(
            "  {}: {{ none: \"CHANGE ME: a number in quotes, or a reason\" }}\n",
            quoted(name)
        );
    }
    text
}

/// As YAML reads it back: plain where that is safe.
fn quoted(text: &str) -> String {
    let starts_plain = text.starts_with(|c: char| c.is_ascii_alphabetic());
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let is_word = !matches!(
        text.to_ascii_lowercase().as_str(),
        "null" | "true" | "false"
    );
    if starts_plain && is_word && text.chars().all(is_plain) {
        return text.to_owned();
    }
    serde_json::Value::from(text).to_string()
}
